/* A disk that fails: while the file that FSYNC_FAILS names is there, nothing can be synced. To be preloaded. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int sync_with(const char *function, int file)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, function);
    if (access(getenv("FSYNC_FAILS"), F_OK) == 0) {
        errno = EIO;
        return -1;
    }
    return real(file);
}

int fsync(int file) { return sync_with("fsync", file); }
int fdatasync(int file) { return sync_with("fdatasync", file); }
