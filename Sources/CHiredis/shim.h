#ifndef HOOKLINE_CHIREDIS_SHIM_H
#define HOOKLINE_CHIREDIS_SHIM_H

/* The functions of hiredis that Hookline calls are neither variadic nor macros. */
#include <hiredis/hiredis.h>

/* The Glibc module leaves this header out. */
#include <sys/eventfd.h>

#endif
