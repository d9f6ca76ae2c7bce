"""Tests that carry out what pages say."""
