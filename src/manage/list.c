/*
 * manage/list.c - a page of any list: rows in a fixed order behind "after", at most "max" of them
 * that the filters let through. A page looks at a bounded number of rows, so that a search through
 * a large store goes on in many short answers.
 */
#include "manage/manage_int.h"

#define CHUNK       100                 /* rows read at once, so that a page holds few in memory */
#define LOOKS_MAX   2000                /* rows that one page looks at */
#define ROOM        (ANSWER_MAX / 4)    /* of the answer for rows: one more still fits behind it */
#define CHUNK_MEM   (64u * 1024 * 1024) /* bounds a chunk of the largest rows */

/* A page being made. */
struct making { struct page *p; const struct paged *l; int64_t looks; bool end; };

static bool
page_begin(struct job *j, struct page *p, const void *filter)
{
	*p = (struct page){ .job = j, .filter = filter, .after = job_arg(j, "after"), .max = LIST_MAX };
	if (json_object_get(j->ask, "max") != NULL
	    && (!json_member_int(j->ask, "max", &p->max) || p->max < 1 || p->max > LIST_MAX))
		return job_refuse(j, "invalid", "ask for more behind \"after\"",
		    "\"max\" must be a number from 1 to %d", LIST_MAX);
	return true;
}

/* False: the page is full, and this row is the first of the next one. */
static bool
row_is_put(struct making *m, const void *row)
{
	struct page *p = m->p;
	bool wanted = m->l->wanted(p, row);

	if (wanted && (p->rows == p->max || p->out.n > ROOM)) {
		p->more = true;
		return false;
	}
	p->after = m->l->key(p, row);
	m->looks++;
	if (wanted) {
		m->l->put(p, row);
		p->rows++;
	}
	return true;
}

/* False: the store cannot be read. */
static bool
chunk_is_put(struct making *m, void *rows)
{
	int n = m->l->read(m->p, rows, CHUNK);

	for (int i = 0; i < n && !m->end; i++)
		m->end = !row_is_put(m, (const char *)rows + (size_t)i * m->l->row_size);
	if (n < CHUNK)
		m->end = true;
	else if (!m->end && m->looks >= LOOKS_MAX)
		m->end = m->p->more = true;
	return n >= 0;
}

bool
page_after_id(struct page *p, struct id16 *id)
{
	struct str bytes;

	if (!str_given(p->after))
		return true;
	p->wrong_after = !hex_decode(&p->mem, p->after, &bytes) || bytes.n != sizeof id->b;
	if (!p->wrong_after)
		memcpy(id->b, bytes.p, bytes.n);
	return !p->wrong_after;
}

bool
page_answer(struct job *j, const struct paged *l, const void *filter)
{
	struct page p;
	struct making m = { .p = &p, .l = l };
	void *rows;
	bool ok = true;

	if (!page_begin(j, &p, filter))
		return false;
	arena_init(&p.mem, CHUNK_MEM);
	answer_open(j, &p.out);
	ok = l->also == NULL || l->also(&p);
	jw_name(&p.out, str_of(l->name));
	jw_open(&p.out, '[');
	while (ok && !m.end) {
		rows = arena_calloc(&p.mem, CHUNK, l->row_size);
		ok = rows != NULL && chunk_is_put(&m, rows);
		arena_reset(&p.mem);
	}
	arena_free(&p.mem);
	jw_close(&p.out, ']');
	jm_bool(&p.out, S("more"), p.more);
	jm_str(&p.out, S("after"), p.more ? p.after : STR_ABSENT);
	if (p.wrong_after)
		return job_refuse(j, "invalid", "give the \"after\" of the page before",
		    "\"after\" names no place in this list");
	return ok ? answer_close(j, &p.out) : job_store_failed(j);
}

/* --- filters ---------------------------------------------------------------------------------- */

bool
says(struct str text, struct str wanted)
{
	if (!str_given(wanted))
		return true;
	for (size_t i = 0; i + wanted.n <= text.n; i++)
		if (str_starts_nocase(str_from(text, i), wanted))
			return true;
	return false;
}

bool
is_or_any(struct str value, struct str wanted)
{
	return !str_given(wanted) || str_eq(value, wanted);
}

bool
flag_fits(const struct job *j, const char *name, bool value)
{
	const json_t *wanted = json_object_get(j->ask, name);

	return !json_is_boolean(wanted) || json_is_true(wanted) == value;
}

bool
word_fits(struct str words, struct str wanted)
{
	return !str_given(wanted) || str_has_word(words, wanted, ' ');
}

bool
issuer_fits(const struct job *j, struct str issuer)
{
	return is_or_any(issuer, job_arg(j, "issuer")) && !str_has_word(j->elsewhere, issuer, ' ');
}

bool
is_over(int64_t expires_s)
{
	return expires_s != 0 && expires_s <= clock_now_s();
}

bool
user_asked(struct job *j, struct user *u, const struct id16 **id)
{
	struct str realm, name = job_arg(j, "user");
	enum store_found found;

	*id = NULL;
	if (!str_given(name))
		return true;
	if (!job_realm(j, &realm))
		return false;
	found = store_user_by_name(j->store, j->mem, realm, name, u);
	if (found == NOT_FOUND)
		return job_refuse(j, "not_found", "hufu user list shows those there are",
		    "there is no user \"%.*s\" in realm \"%.*s\"", STR_ARG(name), STR_ARG(realm));
	*id = &u->id;
	return found == FOUND || job_store_failed(j);
}
