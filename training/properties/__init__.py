"""Binary properties of molecules: data, splits, baselines, scores with intervals, tables and plots."""
