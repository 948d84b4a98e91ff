/* What a process does to files and modems, in one log: preloaded (LD_PRELOAD) into the real gateway, panel and commands.

   POWER_FOLDER  the folder whose files are recorded (an absolute, real path); its -shm files, locks and sockets are not
   POWER_LOG     the log: records of one writev() each on an O_APPEND descriptor, so that all processes share one order

   A write to a file is logged after it happened, an fsync as it begins and again as it has ended, a write to a terminal
   (a modem) before it happens: whatever stands in the log before a byte for a modem was there before that byte.
   A record is `head`, the name, the second name, the data. The recorder changes nothing that a program can see. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096
enum { NONE, DATA, FOLDER, TERMINAL };
struct head { uint32_t size; uint32_t kind; uint32_t thread; uint32_t name, second; uint32_t unused; uint64_t inode, place; };

static char what[FILES];
static uint64_t inode_of[FILES];
static char folder[PATH_MAX];
static size_t folder_length;
static int sink = -1;

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)

static void say(char kind, uint64_t inode, uint64_t place, const char *name, const char *second, const void *data, size_t size)
{
    int before = errno;
    struct head head = {0};
    head.kind = (uint32_t)kind;
    head.thread = (uint32_t)syscall(SYS_gettid);
    head.name = name ? strlen(name) : 0;
    head.second = second ? strlen(second) : 0;
    head.inode = inode;
    head.place = place;
    head.size = sizeof head + head.name + head.second + size;
    struct iovec parts[] = {{&head, sizeof head}, {(void *)name, head.name}, {(void *)second, head.second}, {(void *)data, size}};
    if (sink >= 0 && syscall(SYS_writev, sink, parts, 4) != (long)head.size) abort(); /* a log with a gap proves nothing */
    errno = before;
}

__attribute__((constructor)) static void begin(void)
{
    const char *where = getenv("POWER_FOLDER"), *log = getenv("POWER_LOG");
    if (!where || !log) return;
    strncpy(folder, where, sizeof folder - 1);
    folder_length = strlen(folder);
    int opened = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    sink = syscall(SYS_fcntl, opened, F_DUPFD_CLOEXEC, 900); /* out of the way of descriptors that a program counts on */
    syscall(SYS_close, opened);
}

/* The name within the folder, or NULL when it is none of ours. */
static const char *ours(const char *path)
{
    static __thread char full[PATH_MAX];
    if (sink < 0 || !path) return NULL;
    if (path[0] != '/') {
        if (!getcwd(full, sizeof full) || strlen(full) + strlen(path) + 2 > sizeof full) return NULL;
        strcat(strcat(full, "/"), path);
        path = full;
    }
    if (strncmp(path, folder, folder_length)) return NULL;
    if (path[folder_length] == 0) return "";
    if (path[folder_length] != '/' || strchr(path + folder_length + 1, '/')) return NULL;
    path += folder_length + 1;
    size_t length = strlen(path);
    if (length > 4 && !strcmp(path + length - 4, "-shm")) return NULL;
    return path;
}

/* Who makes a file cannot be told when two processes open it at once: each says C before it writes. */
static int opened(int fd, const char *path, int flags)
{
    if (fd < 0 || fd >= FILES || sink < 0) return fd;
    int before = errno;
    struct stat status;
    const char *name = ours(path);
    what[fd] = NONE;
    if (!fstat(fd, &status)) {
        inode_of[fd] = status.st_ino;
        if (name && *name && S_ISREG(status.st_mode)) {
            what[fd] = DATA;
            if (flags & O_CREAT) say('C', status.st_ino, 0, name, NULL, NULL, 0);
            if (flags & O_TRUNC) say('T', status.st_ino, 0, name, NULL, NULL, 0);
        } else if (name && !*name && S_ISDIR(status.st_mode)) what[fd] = FOLDER;
        else if (S_ISCHR(status.st_mode) && (flags & O_ACCMODE) == O_RDWR && isatty(fd)) what[fd] = TERMINAL;
    }
    errno = before;
    return fd;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        va_list more; va_start(more, flags); mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; va_end(more); \
        REAL(int, #name, const char *, int, ...); \
        return opened(real(path, flags, mode), path, flags); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int at, const char *path, int flags, ...) \
    { \
        va_list more; va_start(more, flags); mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; va_end(more); \
        REAL(int, #name, int, const char *, int, ...); \
        const char *known = at == AT_FDCWD || path[0] == '/' ? path : NULL; \
        return opened(real(at, path, flags, mode), known, flags); \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int fd)
{
    REAL(int, "close", int);
    if (fd >= 0 && fd < FILES) what[fd] = NONE;
    return real(fd);
}

static int is(int fd, int kind) { return fd >= 0 && fd < FILES && what[fd] == kind; }

#define PWRITE(name, offset_type) \
    ssize_t name(int fd, const void *data, size_t size, offset_type at) \
    { \
        REAL(ssize_t, #name, int, const void *, size_t, offset_type); \
        ssize_t done = real(fd, data, size, at); \
        if (done > 0 && is(fd, DATA)) say('W', inode_of[fd], at, NULL, NULL, data, done); \
        return done; \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t size)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    if (is(fd, TERMINAL)) say('w', inode_of[fd], 0, NULL, NULL, data, size);
    ssize_t done = real(fd, data, size);
    if (done > 0 && is(fd, DATA)) say('W', inode_of[fd], lseek(fd, 0, SEEK_CUR) - done, NULL, NULL, data, done);
    return done;
}

ssize_t read(int fd, void *data, size_t size)
{
    REAL(ssize_t, "read", int, void *, size_t);
    ssize_t done = real(fd, data, size);
    if (done > 0 && is(fd, TERMINAL)) say('r', inode_of[fd], 0, NULL, NULL, data, done);
    return done;
}

#define SYNC(name) \
    int name(int fd) \
    { \
        REAL(int, #name, int); \
        int told = is(fd, DATA) || is(fd, FOLDER); \
        char kind = is(fd, FOLDER) ? 'D' : 'F'; \
        if (told) say(kind, inode_of[fd], 0, NULL, NULL, NULL, 0); \
        int result = real(fd); \
        if (told && !result) say(kind + 32, inode_of[fd], 0, NULL, NULL, NULL, 0); /* d, f: it has ended */ \
        return result; \
    }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name, offset_type) \
    int name(int fd, offset_type size) \
    { \
        REAL(int, #name, int, offset_type); \
        int result = real(fd, size); \
        if (!result && is(fd, DATA)) say('T', inode_of[fd], size, NULL, NULL, NULL, 0); \
        return result; \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

static int moved(int result, char kind, const char *from, const char *to)
{
    char name[NAME_MAX + 1] = "", second[NAME_MAX + 1] = "";
    const char *found = ours(from);
    if (found) strncpy(name, found, NAME_MAX);
    if (to && (found = ours(to))) strncpy(second, found, NAME_MAX);
    if (!result && (*name || *second)) say(kind, 0, 0, name, second, NULL, 0);
    return result;
}

int rename(const char *from, const char *to)
{
    REAL(int, "rename", const char *, const char *);
    return moved(real(from, to), 'R', from, to);
}

int renameat(int at, const char *from, int to_at, const char *to)
{
    REAL(int, "renameat", int, const char *, int, const char *);
    return moved(real(at, from, to_at, to), 'R', from, to);
}

int link(const char *from, const char *to)
{
    REAL(int, "link", const char *, const char *);
    return moved(real(from, to), 'L', from, to);
}

int linkat(int at, const char *from, int to_at, const char *to, int flags)
{
    REAL(int, "linkat", int, const char *, int, const char *, int);
    return moved(real(at, from, to_at, to, flags), 'L', from, to);
}

int unlink(const char *path)
{
    REAL(int, "unlink", const char *);
    return moved(real(path), 'U', path, NULL);
}

int unlinkat(int at, const char *path, int flags)
{
    REAL(int, "unlinkat", int, const char *, int);
    return moved(real(at, path, flags), 'U', at == AT_FDCWD || path[0] == '/' ? path : NULL, NULL);
}
