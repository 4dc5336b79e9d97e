"""The gates whose signal comes from no model: one file each."""
