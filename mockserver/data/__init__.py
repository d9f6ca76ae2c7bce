"""Datasets: fixture files read and checked, tables of records, the catalog, the disk cache.

Imported by sandbox and above.
"""
