#ifndef HOOKLINE_CBUILD_H
#define HOOKLINE_CBUILD_H

/* What the build said about itself. The macro HOOKLINE_REVISION (a string) is read in CBuild.c
   alone, so that another revision compiles one file of C and links, nothing else. */

/* The revision of the sources, or "unknown" for a build that was not told. */
const char *hookline_revision(void);

#endif
