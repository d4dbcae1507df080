/* hufud/senders.c - the outboxes, and what the settings in force say about sending. */
#include "hufud/daemon_int.h"
#include "oauth/ciba.h"
#include "oauth/resource_events.h"

#define SMS_THREADS    4                /* a bulkhead: gateways may be slow */
#define SMS_WAITING    256
#define MAIL_THREADS   4
#define MAIL_WAITING   4096
#define NOTICE_THREADS 8                /* applications that hear of logouts may be down, for an hour at most */
#define NOTICE_WAITING 16384

static void *
issuer_hold(void *ctx, struct str name, struct outbox_issuer *out)
{
	struct snapshot *s = daemon_hold(ctx);
	const struct mount *t = snapshot_issuer(s, name);

	if (t == NULL) {
		snapshot_drop(s);
		return NULL;
	}
	*out = (struct outbox_issuer){ .issuer = t->issuer, .gateway = t->issuer->sms, .mail = wire_mail_look(t),
	    .notices_private = t->issuer->policy->logout.notices_private,
	    .notices_http = t->issuer->policy->logout.notices_http };
	return s;
}

static void
issuer_release(void *held)
{
	snapshot_drop(held);
}

/* What is written down is sealed under a key of its own, so that nothing but the key-encryption key opens it. */
static struct outbox *
outbox_of(struct daemon *d, const struct outbox_kind *kind, int threads, int waiting_max)
{
	uint8_t key[DIGEST_SIZE];
	struct outbox_setup s = { .kind = kind, .store = d->store, .key = key, .threads = threads,
	    .waiting_max = waiting_max, .nodes = store_is_shared(d->store),
	    .issuers = { issuer_hold, issuer_release, d } };
	struct outbox *o;

	HMAC256(key, str_span(d->kek, sizeof d->kek), S("outbox"));
	o = outbox_new(&s);
	explicit_bzero(key, sizeof key);
	return o;
}

bool
senders_make(struct daemon *d)
{
	d->sms = outbox_of(d, &sms_outbox, SMS_THREADS, SMS_WAITING);
	d->mail = outbox_of(d, &mail_outbox, MAIL_THREADS, MAIL_WAITING);
	d->notices = outbox_of(d, &notice_outbox, NOTICE_THREADS, NOTICE_WAITING);
	d->logouts = outbox_of(d, &logout_outbox, NOTICE_THREADS, NOTICE_WAITING);
	d->ciba = outbox_of(d, &ciba_outbox, NOTICE_THREADS, NOTICE_WAITING);
	d->events = outbox_of(d, &resource_outbox, NOTICE_THREADS, NOTICE_WAITING);
	return d->sms != NULL && d->mail != NULL && d->notices != NULL && d->logouts != NULL && d->ciba != NULL
	    && d->events != NULL;
}

static void
each_outbox(struct daemon *d, void (*fn)(struct outbox *o))
{
	struct outbox *const all[] = { d->sms, d->mail, d->notices, d->logouts, d->ciba, d->events };

	for (size_t i = 0; i < COUNT(all); i++)
		fn(all[i]);
}

void
senders_start(struct daemon *d)
{
	each_outbox(d, outbox_resume);
}

static const struct issuer *
issuer_find(void *ctx, struct str name)
{
	const struct mount *t = snapshot_issuer(ctx, name);

	return t != NULL ? t->issuer : NULL;
}

#define ENDED_AT_ONCE 200               /* rows looked at before something else has its turn */

void
senders_look(struct daemon *d)
{
	struct snapshot *s = daemon_hold(d);

	back_channel_hand_over(d->store, d->logouts, &(struct issuers_by_name){ issuer_find, s }, ENDED_AT_ONCE);
	resource_events_hand_over(d->store, d->events, &(struct issuers_by_name){ issuer_find, s }, ENDED_AT_ONCE);
	ciba_hand_over(d->store, d->ciba, &(struct issuers_by_name){ issuer_find, s }, ENDED_AT_ONCE);
	snapshot_drop(s);
	each_outbox(d, outbox_look);
}
