"""Tests that execute the pages."""
