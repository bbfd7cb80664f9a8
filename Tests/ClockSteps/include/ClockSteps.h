// The library has no interface of its own: LD_PRELOAD puts it in front of the C library's clocks.
