/* Preloaded before umockdev, into what is tested: umockdev's stat family keeps its lock to the end.

   umockdev (0.17.16) gives its lock back, and only then looks whether the path is a device's. That path is in
   a buffer that all threads share: where another thread asks for one in between, umockdev aborts the whole program
   ("is_emulated_device: Assertion `res > 0' failed"). A gateway with four modems meets it now and then. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <sys/stat.h>

extern pthread_mutex_t trap_path_lock; /* umockdev's */

__attribute__((constructor)) static void let_one_thread_take_it_twice(void)
{
    pthread_mutexattr_t twice;
    pthread_mutexattr_init(&twice);
    pthread_mutexattr_settype(&twice, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&trap_path_lock, &twice);
    pthread_mutexattr_destroy(&twice);
}

#define LOCKED(name, parameters, arguments)          \
    int name parameters                              \
    {                                                \
        int (*next) parameters = dlsym(RTLD_NEXT, #name); \
        pthread_mutex_lock(&trap_path_lock);         \
        int result = next arguments;                 \
        pthread_mutex_unlock(&trap_path_lock);       \
        return result;                               \
    }

LOCKED(stat, (const char *path, struct stat *found), (path, found))
LOCKED(lstat, (const char *path, struct stat *found), (path, found))
LOCKED(stat64, (const char *path, struct stat64 *found), (path, found))
LOCKED(lstat64, (const char *path, struct stat64 *found), (path, found))
LOCKED(fstatat, (int folder, const char *path, struct stat *found, int flags), (folder, path, found, flags))
LOCKED(fstatat64, (int folder, const char *path, struct stat64 *found, int flags), (folder, path, found, flags))
