/* hufu/backup_int.h - what backup and restore share. */
#ifndef HUFU_HUFU_BACKUP_INT_H
#define HUFU_HUFU_BACKUP_INT_H

#include "hufu/hufu_int.h"
#include "admin/backup.h"

/* backup_key.c */
bool passphrase_given(const struct cli *c);                     /* from a file or standard input */
/* The passphrase from where the options say, else from the terminal; again: asked twice. Absent: already complained. */
struct str passphrase_read(struct cli *c, bool again);
/* The key-encryption key of the settings, which is never made here. UNREADABLE with *why. c->conf is loaded. */
enum kek_known { KEK_KNOWN, KEK_UNKNOWN, KEK_UNREADABLE };
enum kek_known cli_kek(struct cli *c, uint8_t kek[32], struct str *why);
size_t keys_that_open(struct cli *c, const struct store_look *look, const uint8_t kek[32]);
/* restore.c */
extern const struct opt restore_options[];
int restore_run(struct cli *c);
void look_print(struct cli *c, const struct store_look *look);
void look_json(struct buf *b, const struct store_look *look);   /* members of the open object */
#endif
