/* base/version.h - which version of the program this is. */
#ifndef HUFU_BASE_VERSION_H
#define HUFU_BASE_VERSION_H

#define HUFU_VERSION "0.1.0"
#endif
