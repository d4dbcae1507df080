/*
 * outbound/mail.h - mail to people: messages as words, the message that is made of them, and an outbox of its own that
 * hands it to one server by SMTP (RFC 5321, libcurl).
 *
 * L20: what a message says is told to the mail server and to nobody else: no log holds an address, a link or a code.
 *      Without a server it is printed on standard output, in the demonstration only.
 * L21: no value makes a header or a command: an address is one of mail_address_ok, a header holds no control
 *      character (else there is no message), and bodies are encoded whole.
 * L22: mail is told at least once (L12); a message that is handed over twice has the same Message-ID.
 */
#ifndef HUFU_MAIL_H
#define HUFU_MAIL_H

#include "base/base.h"
#include "outbound/outbox.h"

/* In the order of the setting's words. */
enum mail_tls { MAIL_STARTTLS, MAIL_IMPLICIT, MAIL_CLEAR };
struct mail_server {
	bool          terminal;         /* no server: messages are printed (L20) */
	struct str    host;
	int           port;
	enum mail_tls tls;
	struct str    ca_file;          /* empty: the system's authorities; names are always verified */
	struct str    user, password;   /* empty: no authentication */
	struct str    from, reply_to;   /* addresses; reply_to may be empty */
	int64_t       timeout_ms;
};
/*
 * What is told to whom. what: a word of the texts mail_subject_WORD, mail_lead_WORD ... (page/languages/en.def); lang: a
 * language tag; name: of the person, may be empty; link, code: empty where there is none; minutes: how long they
 * count, 0: not said.
 */
struct mail_words { struct str what, to, lang, name, link, code; int64_t minutes; };
/* The same as a person reads it, UTF-8. */
struct mail_text { struct str subject, text, html; };

/* --- mail_message.c --------------------------------------------------------------------------- */

/*
 * An address that mail is sent to: RFC 5321 section 4.1.2 without quoted names, addresses in brackets and characters
 * beyond ASCII; at most MAIL_ADDRESS_MAX bytes, 64 before the @, a domain of letters, digits, - and dots.
 */
#define MAIL_ADDRESS_MAX 254
bool mail_address_ok(struct str text);
/*
 * A header's value: words of ASCII as they are, else RFC 2047 encoded words of UTF-8, cut between characters. Absent:
 * it holds a control character or is no UTF-8 (L21), or mem is full.
 */
struct str mail_header(struct arena *mem, struct str text);
/* name and address as one mailbox of a header. Absent: as mail_header. */
struct str mail_mailbox(struct arena *mem, struct str name, struct str address);
/* "Mon, 30 Nov 2026 06:00:00 +0000": RFC 5322 section 3.3. */
struct str mail_date(struct arena *mem, int64_t at_s);

/* --- mail_smtp.c ------------------------------------------------------------------------------ */

/* id, at_s: of the Message-ID and the Date, the same at each try. */
struct mail_letter { struct str to, sender, id; int64_t at_s; struct mail_text said; };
/* status: of the last answer, 0: none; answer: its line, printable, for an operator who asked for this very try. */
struct mail_report { const char *wrong; int status; char answer[256]; };
/*
 * Hand one over; blocks for at most the server's timeout. REFUSED: the server will never take it (5yz), or there is no
 * such message (L21); LATER: everything else, wrong credentials and certificates included, for an operator can mend
 * them.
 */
enum errand_end mail_hand_over(struct arena *mem, const struct mail_server *s, const struct mail_letter *m,
    struct mail_report *r);

/* --- mail_sender.c ---------------------------------------------------------------------------- */

extern const struct outbox_kind mail_outbox;
/*
 * outbox_prepare for a message. NULL: as there, o is NULL, or the address is none that mail is sent to. mem is for the
 * work alone.
 */
struct errand *mail_prepare(struct arena *mem, struct outbox *o, struct str issuer, const struct mail_words *w,
    int64_t not_after_s);
#endif
