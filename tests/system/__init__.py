"""Tests of the product as a whole: workers, survival, load, packaging."""
