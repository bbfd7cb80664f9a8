/// What is written and what is durable of one file.
#include <stdlib.h>
#include <string.h>

#include "Disk.h"

void bytes_resize(bytes *bytes, size_t count) {
    if (count > bytes->room) {
        bytes->room = count > 2 * bytes->room ? count : 2 * bytes->room;
        bytes->at = realloc(bytes->at, bytes->room);
    }
    if (count > bytes->count) memset(bytes->at + bytes->count, 0, count - bytes->count);
    bytes->count = count;
}

static void bytes_put(bytes *bytes, const void *data, size_t count, size_t offset) {
    if (offset + count > bytes->count) bytes_resize(bytes, offset + count);
    memcpy(bytes->at + offset, data, count);
}

inode *inode_create(void) { return calloc(1, sizeof(inode)); }

static void forget_changes(inode *inode) {
    for (size_t i = 0; i < inode->change_count; i++) free(inode->changes[i].data);
    inode->change_count = 0;
}

void inode_free(inode *inode) {
    forget_changes(inode);
    inode_free_regions(inode);
    free(inode->changes);
    free(inode->content.at);
    free(inode->durable.at);
    free(inode);
}

static void remember(inode *inode, change change) {
    if (inode->change_count == inode->change_room) {
        inode->change_room = inode->change_room ? 2 * inode->change_room : 16;
        inode->changes = realloc(inode->changes, inode->change_room * sizeof change);
    }
    inode->changes[inode->change_count++] = change;
}

static void write_whole(inode *inode, const void *data, size_t count, size_t offset) {
    if (count == 0) return;
    bytes_put(&inode->content, data, count, offset);
    change change = {.offset = offset, .count = count, .data = malloc(count)};
    memcpy(change.data, data, count);
    remember(inode, change);
}

int inode_write(disk *disk, inode *inode, const void *data, size_t count, size_t offset) {
    if (disk->is_stopped) return SQLITE_IOERR_FSYNC;
    int fault = disk_fault(disk, DISK_WRITE);
    size_t end = offset + count;
    size_t growth = end > inode->content.count ? end - inode->content.count : 0;
    if (fault == DISK_WORKS && growth > 0 && disk_used(disk) + growth > disk->capacity) {
        fault = DISK_IS_FULL;
    }
    switch (fault) {
    case DISK_WORKS: write_whole(inode, data, count, offset); return SQLITE_OK;
    case DISK_FLIPS: {
        write_whole(inode, data, count, offset);
        uint8_t bit = (uint8_t)(1 << disk_random(disk, 8));
        size_t place = disk_random(disk, count);
        inode->content.at[offset + place] ^= bit;
        inode->changes[inode->change_count - 1].data[place] ^= bit;
        return SQLITE_OK;
    }
    default:
        write_whole(inode, data, disk_random(disk, count), offset);
        return fault == DISK_IS_FULL ? SQLITE_FULL : disk_code(fault, SQLITE_IOERR_WRITE);
    }
}

int inode_truncate(disk *disk, inode *inode, size_t size) {
    int fault = disk_fault(disk, DISK_TRUNCATE);
    if (fault != DISK_WORKS) return disk_code(fault, SQLITE_IOERR_TRUNCATE);
    bytes_resize(&inode->content, size);
    remember(inode, (change){.is_truncation = true, .offset = size});
    return SQLITE_OK;
}

void write_back(disk *disk, inode *inode, uint32_t keep) {
    bytes *durable = &inode->durable;
    for (size_t i = 0; i < inode->change_count; i++) {
        change *change = &inode->changes[i];
        if (change->is_truncation) {
            if (disk_random(disk, 1000) < keep) bytes_resize(durable, change->offset);
            continue;
        }
        for (size_t at = 0; at < change->count;) {
            size_t place = change->offset + at;
            size_t piece = SECTOR - place % SECTOR;
            if (piece > change->count - at) piece = change->count - at;
            if (keep >= 1000 || disk_random(disk, 1000) < keep) {
                bytes_put(durable, change->data + at, piece, place);
            } else if (place + piece > durable->count && disk_random(disk, 2)) {
                // The size is on the disk, and what was there before.
                bytes_resize(durable, place + piece);
                for (size_t b = 0; b < piece; b++) {
                    durable->at[place + b] = (uint8_t)disk_random(disk, 256);
                }
            }
            at += piece;
        }
    }
    forget_changes(inode);
}

int inode_sync(disk *disk, inode *inode) {
    if (!disk->is_stopped && disk->on_sync) disk->on_sync(disk->context);
    int fault = disk_fault(disk, DISK_SYNC);
    if (fault == DISK_STOPS) return SQLITE_IOERR_FSYNC;
    if (fault != DISK_WORKS) {
        write_back(disk, inode, 500);
        return SQLITE_IOERR_FSYNC;
    }
    write_back(disk, inode, 1000);
    if (inode->syncs_folder) sync_names(disk);
    inode->syncs_folder = false;
    return SQLITE_OK;
}
