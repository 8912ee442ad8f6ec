"""What people see: domain in, blocks out. No I/O, no decision."""
