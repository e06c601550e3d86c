"""Checks of a plan: what would make plansync do wrong or nothing, and what is likely not meant so."""
