/// Disk faults for end-to-end tests, loaded into the receiver by LD_PRELOAD.
///
/// The file named by DISK_FAULTS says what happens to fdatasync and fsync of files under the
/// folder named by DISK_FAULTS_FOLDER; it is read at every call, so a test can change its mind:
///     delay 3000    the call takes so many milliseconds, then does its work
///     error         the call fails with EIO, without doing its work
/// With DISK_FAULTS_SHADOW, every call that succeeds leaves a copy of the file's contents in that
/// folder: what a disk would hold after a power cut that loses every write that was not synced,
/// and every removal whose folder was not.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef int (*sync_call)(int);

/// The path of an open file below the watched folder; 0 when it is none.
static int watched_path(int descriptor, char *path, size_t size) {
    const char *folder = getenv("DISK_FAULTS_FOLDER");
    if (!folder) return 0;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, size - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return strncmp(path, folder, strlen(folder)) == 0;
}

/// What the control file orders: a delay in milliseconds, -1 for an error, 0 for nothing.
static long order(void) {
    const char *control = getenv("DISK_FAULTS");
    if (!control) return 0;
    FILE *file = fopen(control, "re");
    if (!file) return 0;
    char word[16] = "";
    long number = 0;
    int fields = fscanf(file, "%15s %ld", word, &number);
    fclose(file);
    if (fields >= 1 && strcmp(word, "error") == 0) return -1;
    return fields == 2 && strcmp(word, "delay") == 0 ? number : 0;
}

/// Copies the file into the shadow folder, whole or not at all.
static void keep_shadow(int descriptor, const char *path) {
    const char *shadow = getenv("DISK_FAULTS_SHADOW");
    struct stat status;
    if (!shadow || fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return;
    const char *name = strrchr(path, '/');
    char temporary[PATH_MAX], final[PATH_MAX];
    snprintf(temporary, sizeof temporary, "%s%s.new", shadow, name);
    snprintf(final, sizeof final, "%s%s", shadow, name);
    int source = open(path, O_RDONLY | O_CLOEXEC);
    int target = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    off_t left = status.st_size;
    while (source >= 0 && target >= 0 && left > 0) {
        ssize_t sent = sendfile(target, source, NULL, (size_t)left);
        if (sent <= 0) break;
        left -= sent;
    }
    if (source >= 0) close(source);
    if (target >= 0) close(target);
    if (left == 0) rename(temporary, final);
}

/// Forgets the files that are gone from a folder that was synced: until then a power cut brings
/// a removed file back.
static void prune_shadow(const char *folder) {
    const char *shadow = getenv("DISK_FAULTS_SHADOW");
    DIR *entries = shadow ? opendir(shadow) : NULL;
    if (!entries) return;
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        char original[PATH_MAX], copy[PATH_MAX];
        snprintf(original, sizeof original, "%s/%s", folder, entry->d_name);
        snprintf(copy, sizeof copy, "%s/%s", shadow, entry->d_name);
        if (access(original, F_OK) != 0) unlink(copy);
    }
    closedir(entries);
}

static int faulty_sync(int descriptor, const char *name) {
    sync_call real = (sync_call)dlsym(RTLD_NEXT, name);
    char path[PATH_MAX];
    if (!watched_path(descriptor, path, sizeof path)) return real(descriptor);
    long milliseconds = order();
    if (milliseconds < 0) {
        errno = EIO;
        return -1;
    }
    if (milliseconds > 0) {
        struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000};
        while (nanosleep(&left, &left) != 0 && errno == EINTR) {}
    }
    int result = real(descriptor);
    struct stat status;
    if (result == 0 && fstat(descriptor, &status) == 0) {
        if (S_ISDIR(status.st_mode)) prune_shadow(path);
        else keep_shadow(descriptor, path);
    }
    return result;
}

int fdatasync(int descriptor) { return faulty_sync(descriptor, "fdatasync"); }
int fsync(int descriptor) { return faulty_sync(descriptor, "fsync"); }
