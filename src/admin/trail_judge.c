/* admin/trail_judge.c - the lines of an audit file read again: is the chain whole, and do the signed heads fit it? */
#include "admin/trail.h"

void
trail_judge_file(struct trail_judge *j)
{
	j->file_first = 0;
}

static bool
is_at_hand(const struct jwks *keys, struct str kid)
{
	size_t i = 0;

	while (i < keys->n && !str_eq(kid, keys->at[i].kid))
		i++;
	return i < keys->n;
}

/* RFC 7515: its claims are what was read so far. */
static enum trail_fault
head_judge(struct trail_judge *j, struct arena *mem, struct str line, const struct trail_line *l)
{
	json_t *v = json_read(mem, line);
	struct str jws = v != NULL ? json_member_str(v, "jws") : STR_ABSENT;
	struct jwt head;
	int64_t first = 0, seq = 0;

	if (!str_given(jws) || !jwt_peek(mem, jws, &head))
		return TRAIL_HEAD;
	if (!is_at_hand(j->keys, json_member_str(head.header, "kid")))
		return TRAIL_STRANGER;
	if (!jwks_verify(mem, j->keys, BIT(ALG_EDDSA), jws, &head) || !jwt_type_is(head.typ, TRAIL_HEAD_TYPE)
	    || !json_member_int(head.claims, "seq", &seq) || !json_member_int(head.claims, "first", &first)
	    || seq != l->seq || !str_eq(json_member_str(head.claims, "prev"), l->prev))
		return TRAIL_HEAD;
	j->heads++;
	j->signed_seq = l->seq;
	if (first < j->file_first) {
		j->missing_from = first;
		return TRAIL_BEGINNING;
	}
	return TRAIL_SOUND;
}

bool
trail_judge_head(const struct jwks *keys, struct arena *mem, struct str line, struct trail_link *out)
{
	struct trail_judge j = { .keys = keys };
	struct trail_line l;

	if (!trail_line_read(line, &l) || !l.head || head_judge(&j, mem, line, &l) != TRAIL_SOUND)
		return false;
	out->seq = l.seq;
	trail_digest(line, out->digest);
	return true;
}

static enum trail_fault
link_judge(struct trail_judge *j, const struct trail_line *l)
{
	if (j->seq == 0)
		return TRAIL_SOUND;
	if (l->seq > j->seq + 1) {
		j->missing_from = j->seq + 1;
		return TRAIL_MISSING;
	}
	if (l->seq <= j->seq)
		return TRAIL_ORDER;
	return str_is(l->prev, j->digest) ? TRAIL_SOUND : TRAIL_CHANGED;
}

/* A3: does this record tell where the lines before the first one are? */
static void
parting_judge(struct trail_judge *j, struct arena *mem, struct str line, int64_t seq)
{
	json_t *v;
	struct str event;
	int64_t last = 0;

	if (j->first <= 1 || !str_contains(line, S("\"audit.")))
		return;
	v = json_read(mem, line);
	event = v != NULL && str_is(json_member_str(v, "level"), "record") ? json_member_str(v, "event") : STR_ABSENT;
	if (!str_eq(event, event_name(EV_audit_expired)) && !str_eq(event, event_name(EV_audit_moved)))
		return;
	if (!json_member_int(v, "last", &last) || last != j->first - 1
	    || !str_is(json_member_str(v, "digest"), j->before))
		return;
	j->parted_seq = seq;
	j->parted = event_named(event);
}

enum trail_fault
trail_judge_front(const struct trail_judge *j, int64_t first)
{
	bool vouched = j->parted_seq > 0 && j->parted_seq < j->signed_seq;

	return j->first <= 1 || vouched || (first > 0 && first == j->first) ? TRAIL_SOUND : TRAIL_FRONT;
}

enum trail_fault
trail_judge_line(struct trail_judge *j, struct arena *mem, struct str line)
{
	struct trail_line l;
	enum trail_fault f;

	j->lines++;
	if (!trail_line_read(line, &l))
		return TRAIL_FOREIGN;
	f = link_judge(j, &l);
	if (j->first == 0) {
		j->first = l.seq;
		memcpy(j->before, l.prev.p, TRAIL_DIGEST);
	}
	if (j->file_first == 0)
		j->file_first = l.seq;
	if (l.head && f == TRAIL_SOUND)
		f = head_judge(j, mem, line, &l);
	if (f == TRAIL_SOUND)
		parting_judge(j, mem, line, l.seq);
	trail_digest(line, j->digest);
	j->seq = l.seq;
	if (l.seq == j->wanted_seq)
		j->met = str_is(j->wanted, j->digest);
	return f;
}
