#ifndef HOOKLINE_CSQLITE_SHIM_H
#define HOOKLINE_CSQLITE_SHIM_H

#include <stdlib.h>

#include <sqlite3.h>

/* SQLITE_TRANSIENT is a macro with a cast that Swift does not import. */
static inline int hookline_sqlite_bind_blob(sqlite3_stmt *s, int i, const void *bytes, int count) {
    return sqlite3_bind_blob(s, i, bytes, count, SQLITE_TRANSIENT);
}

static inline int hookline_sqlite_bind_text(sqlite3_stmt *s, int i, const char *text, int count) {
    return sqlite3_bind_text(s, i, text, count, SQLITE_TRANSIENT);
}

/* sqlite3_db_config is variadic. */
static inline int hookline_sqlite_no_checkpoint_on_close(sqlite3 *db, int on) {
    return sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on, (int *)0);
}

/* Writes the write-ahead log of a database over itself and syncs it. To be called before the
 * connection has read anything; Swift cannot call the methods of a file. A piece is smaller than
 * 128 KiB: of a write of 2^17 bytes SQLite's VFS for Unix writes none (os_unix.c). */
static inline int hookline_sqlite_rewrite_log(sqlite3 *db) {
    enum { PIECE = 1 << 16 };
    sqlite3_vfs *vfs = 0;
    sqlite3_file *file = 0;
    void *piece = 0;
    sqlite3_int64 size = 0;
    int exists = 0;
    const char *name = sqlite3_db_filename(db, "main");
    int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
    if (code != SQLITE_OK || !name || !*name) return code;
    name = sqlite3_filename_wal(name);
    code = vfs->xAccess(vfs, name, SQLITE_ACCESS_EXISTS, &exists);
    if (code != SQLITE_OK || !exists) return code;
    file = (sqlite3_file *)calloc(1, (size_t)vfs->szOsFile);
    piece = malloc(PIECE);
    code = file && piece ? SQLITE_OK : SQLITE_NOMEM;
    if (code == SQLITE_OK) {
        int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL;
        code = vfs->xOpen(vfs, name, file, flags, &flags);
    }
    if (code == SQLITE_OK) code = file->pMethods->xFileSize(file, &size);
    for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size; at += PIECE) {
        int count = (int)(size - at < PIECE ? size - at : PIECE);
        code = file->pMethods->xRead(file, piece, count, at);
        if (code == SQLITE_OK) code = file->pMethods->xWrite(file, piece, count, at);
    }
    if (code == SQLITE_OK) code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    if (file && file->pMethods) file->pMethods->xClose(file);
    free(file);
    free(piece);
    return code;
}

/* sqlite3_config is variadic. */
static inline int hookline_sqlite_no_memory_statistics(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

#endif
