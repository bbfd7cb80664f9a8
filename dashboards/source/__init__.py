"""What the dashboards are made from; see ../generate.py."""
