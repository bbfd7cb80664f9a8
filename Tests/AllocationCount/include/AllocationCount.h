#ifndef HOOKLINE_ALLOCATION_COUNT_H
#define HOOKLINE_ALLOCATION_COUNT_H

/* How often the calling thread has allocated memory so far, in the program that this is linked
 * into and in every library of it. */
unsigned long hookline_allocations(void);

#endif
