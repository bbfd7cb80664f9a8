#ifndef HOOKLINE_CEXPAT_SHIM_H
#define HOOKLINE_CEXPAT_SHIM_H

#include <expat.h>

#endif
