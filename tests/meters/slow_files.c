/* Makes a folder hang as a network file system does whose server is away: loaded with LD_PRELOAD, it lets every call that
   concerns a file under SLOW_FOLDER wait until there is a file named SLOW_UNTIL. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void wait_if(const char *path) {
    const char *folder = getenv("SLOW_FOLDER"), *until = getenv("SLOW_UNTIL");
    if (path && folder && until && !strncmp(path, folder, strlen(folder))) while (access(until, F_OK)) usleep(10000);
}

static void wait_if_fd(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n > 0) { path[n] = 0; wait_if(path); }
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define OPENS(name)                                                      \
    int name(const char *path, int flags, ...) {                         \
        va_list more; va_start(more, flags);                             \
        int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0; \
        va_end(more);                                                    \
        wait_if(path);                                                   \
        return ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name))(path, flags, mode); \
    }
OPENS(open)
OPENS(open64)
int mkdir(const char *path, mode_t mode) { wait_if(path); return REAL(mkdir)(path, mode); }
int unlink(const char *path) { wait_if(path); return REAL(unlink)(path); }
ssize_t write(int fd, const void *data, size_t n) { wait_if_fd(fd); return REAL(write)(fd, data, n); }
int flock(int fd, int how) { wait_if_fd(fd); return REAL(flock)(fd, how); }
int fsync(int fd) { wait_if_fd(fd); return REAL(fsync)(fd); }
int fdatasync(int fd) { wait_if_fd(fd); return REAL(fdatasync)(fd); }
