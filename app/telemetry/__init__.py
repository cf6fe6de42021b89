"""What a process tells of itself: counted numbers, the port they are read at, traces."""
