#ifndef HOOKLINE_CMALLOC_SHIM_H
#define HOOKLINE_CMALLOC_SHIM_H

/* Swift's module of the C library leaves this header out. */
#include <malloc.h>

/* Only in programs that are linked with jemalloc, as release builds are; Swift has no weak
   symbols. 4096 is MALLCTL_ARENAS_ALL: "arena.<i>.purge" gives all unused pages back
   (https://jemalloc.net/jemalloc.3.html#arena.i.purge). */
extern int mallctl(const char *name, void *old, size_t *old_size, void *value, size_t size)
    __attribute__((weak));

static inline int hookline_malloc_purge(void) {
    return mallctl ? mallctl("arena.4096.purge", 0, 0, 0, 0) : 0;
}

#endif
