// Preloaded before a program under test: a disk that fails as it is told and records what was synced, and a clock that can be set.
//
// BAD_DISK_FOLDER: what lies beneath is on the disk. BAD_DISK_ORDERS: a file of `struct orders`, which the test writes while the
// program runs. BAD_DISK_RECORD: where each change of the disk is noted, in its order; without it, nothing is.
//
// The real files get every change, so the program sees a disk that works. What a power cut would have left of it is worked out from
// the record (disk.rs).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// THE_FILE: of these, only what the journal's file itself gets.
enum { WRITE = 1, SYNC = 2, SIZE = 4, NAME = 8, OPEN = 16, THE_FILE = 32 };

// Calls of `kinds` are counted; those from `first` to `last` fail with `error`.
struct orders {
  int64_t calls, failed, kinds, first, last, error;
  int64_t lies;   // syncs answer well and are not noted
  int64_t clock;  // seconds that the clock is ahead
};

struct note {
  uint8_t what;
  uint8_t pad;
  uint16_t path;
  uint32_t bytes;
  int64_t at;
};

static struct orders *orders;
static char folder[PATH_MAX];
static size_t folder_length;
static int record = -1;
static pthread_mutex_t in_order = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
  const char *of = getenv("BAD_DISK_FOLDER"), *by = getenv("BAD_DISK_ORDERS"), *into = getenv("BAD_DISK_RECORD");
  if (!of || !by || !realpath(of, folder)) return;
  folder_length = strlen(folder);
  int fd = syscall(SYS_openat, AT_FDCWD, by, O_RDWR | O_CLOEXEC);
  void *page = mmap(0, sizeof(struct orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (page == MAP_FAILED) return;
  if (into) record = syscall(SYS_openat, AT_FDCWD, into, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  orders = page;
}

// The path beneath the folder; none for what is not on the disk.
static const char *on_disk(const char *path) {
  if (!orders || strncmp(path, folder, folder_length) || (path[folder_length] && path[folder_length] != '/')) return 0;
  return path + folder_length;
}

static const char *of(int fd, char path[PATH_MAX]) {
  char link[32];
  if (!orders) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
  if (n < 0) return 0;
  path[n] = 0;
  return on_disk(path);
}

// Changes of the disk are noted in the order in which they were made. What is not on the disk may block, and waits for nobody.
static void begin_change(const char *name) {
  if (name) pthread_mutex_lock(&in_order);
}

static void end_change(const char *name) {
  if (name) pthread_mutex_unlock(&in_order);
}

static int ends_with(const char *name, const char *end) {
  size_t n = strlen(name), of = strlen(end);
  return n >= of && !strcmp(name + n - of, end);
}

static int fails(int kind, const char *name) {
  if (!(orders->kinds & kind) || (orders->kinds & THE_FILE && !ends_with(name, "/journal.sqlite"))) return 0;
  int64_t n = __atomic_add_fetch(&orders->calls, 1, __ATOMIC_SEQ_CST);
  if (n < orders->first || n > orders->last) return 0;
  __atomic_add_fetch(&orders->failed, 1, __ATOMIC_SEQ_CST);
  errno = orders->error;
  return 1;
}

static void note(uint8_t what, const char *path, int64_t at, const void *bytes, size_t length) {
  // The index in shared memory is made anew after a cut, and is written without a call.
  size_t n = strlen(path);
  if (record < 0 || ends_with(path, "-shm")) return;
  struct note head = {what, 0, n, length, at};
  struct iovec parts[] = {{&head, sizeof head}, {(void *)path, n}, {(void *)bytes, length}};
  int before = errno;
  if (writev(record, parts, 3) != (ssize_t)(sizeof head + n + length)) abort();
  errno = before;
}

static ssize_t put(int fd, const void *bytes, size_t length, int64_t at) {
  char path[PATH_MAX];
  const char *name = of(fd, path);
  int bad = name && fails(WRITE, name);
  int error = errno;
  // A write that fails may have written some of it; on a disk that may not be written, none.
  if (bad && (error == EROFS || length < 2)) return -1;
  if (bad) length /= 2;
  begin_change(name);
  ssize_t n = at < 0 ? syscall(SYS_write, fd, bytes, length) : syscall(SYS_pwrite64, fd, bytes, length, at);
  if (name && n > 0) note('W', name, at < 0 ? lseek(fd, 0, SEEK_CUR) - n : at, bytes, n);
  end_change(name);
  if (bad) errno = error;
  return bad ? -1 : n;
}

ssize_t write(int fd, const void *bytes, size_t length) { return put(fd, bytes, length, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return put(fd, bytes, length, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) { return put(fd, bytes, length, at); }

static int size(int fd, int64_t length) {
  char path[PATH_MAX];
  const char *name = of(fd, path);
  if (name && fails(SIZE, name)) return -1;
  begin_change(name);
  int done = syscall(SYS_ftruncate, fd, length);
  if (name && !done) note('T', name, length, "", 0);
  end_change(name);
  return done;
}

int ftruncate(int fd, off_t length) { return size(fd, length); }
int ftruncate64(int fd, off64_t length) { return size(fd, length); }

static int synced(int fd, long call) {
  char path[PATH_MAX];
  struct stat is;
  const char *name = of(fd, path);
  if (name && orders->lies) return 0;
  int bad = name && fails(SYNC, name);
  int error = errno;
  begin_change(name);
  int done = bad ? -1 : syscall(call, fd);
  if (name && !fstat(fd, &is)) note(done ? 'F' : S_ISDIR(is.st_mode) ? 'D' : 'S', name, 0, "", 0);
  end_change(name);
  if (bad) errno = error;
  return done;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static int opened(int at, const char *path, int flags, mode_t mode) {
  const char *name = on_disk(path);
  int writes = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
  if (name && writes && fails(OPEN, name)) return -1;
  begin_change(name);
  int is_new = name && flags & O_CREAT && syscall(SYS_faccessat, AT_FDCWD, path, F_OK, 0);
  int fd = syscall(SYS_openat, at, path, flags, mode);
  if (fd >= 0 && is_new) note('C', name, 0, "", 0);
  else if (fd >= 0 && name && flags & O_TRUNC) note('T', name, 0, "", 0);
  end_change(name);
  return fd;
}

#define MODE(flags)                             \
  mode_t mode = 0;                              \
  if ((flags) & (O_CREAT | O_TMPFILE)) {        \
    va_list more;                               \
    va_start(more, flags);                      \
    mode = va_arg(more, mode_t);                \
    va_end(more);                               \
  }

int open(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return opened(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return opened(at, path, flags, mode); }

int unlink(const char *path) {
  const char *name = on_disk(path);
  if (name && fails(NAME, name)) return -1;
  begin_change(name);
  int done = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  if (name && !done) note('U', name, 0, "", 0);
  end_change(name);
  return done;
}

int rename(const char *from, const char *to) {
  const char *name = on_disk(from), *into = on_disk(to);
  if (name && fails(NAME, name)) return -1;
  begin_change(name);
  int done = syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  if (name && into && !done) note('R', name, 0, into, strlen(into));
  end_change(name);
  return done;
}

int mkdir(const char *path, mode_t mode) {
  const char *name = on_disk(path);
  if (name && fails(NAME, name)) return -1;
  begin_change(name);
  int done = syscall(SYS_mkdirat, AT_FDCWD, path, mode);
  if (name && !done) note('M', name, 0, "", 0);
  end_change(name);
  return done;
}

int clock_gettime(clockid_t which, struct timespec *now) {
  int done = syscall(SYS_clock_gettime, which, now);
  if (!done && orders && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) now->tv_sec += orders->clock;
  return done;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec exact;
  (void)zone;
  int done = clock_gettime(CLOCK_REALTIME, &exact);
  *now = (struct timeval){exact.tv_sec, exact.tv_nsec / 1000};
  return done;
}

time_t time(time_t *into) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  if (into) *into = exact.tv_sec;
  return exact.tv_sec;
}
