/*
 * base/findings.h - what is wrong or doubtful in a configuration, gathered from whoever looks at
 * it: the reader of the file, the rules that go across settings, whoever loads what they name. The
 * start, a reload and `hufu config check` gather alike.
 */
#ifndef HUFU_BASE_FINDINGS_H
#define HUFU_BASE_FINDINGS_H

#include "base/base.h"

/* An error keeps the configuration from being used; a warning is told and no more. */
enum weight { FINDING_ERROR, FINDING_WARNING };
struct config_finding {
	enum weight weight;
	/*
	 * "file:line" or the name of an environment variable. A room that knows no files names the setting, and
	 * setup/ looks for its place. Absent: about the whole.
	 */
	struct str where;
	struct str said;                /* a sentence that says what to do */
};
#define FINDINGS_MAX 100
struct findings {
	struct arena *mem;              /* the texts lie here */
	struct config_finding at[FINDINGS_MAX];
	size_t n, n_errors, n_left_out;
	size_t n_form;                  /* the first ones: about how it is written */
};
void findings_init(struct findings *f, struct arena *mem);
/*
 * Add one. The same at the same place is said once, and nothing more is said about a place that
 * findings_form_ends has found badly written: what is missing there is missing for that reason.
 * Control characters become '?': what a file holds must not paint the operator's terminal. Beyond
 * FINDINGS_MAX they are counted.
 */
void findings_add(struct findings *f, enum weight w, struct str where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* An error in the setting of that name, a literal. */
#define setting_wrong(f, setting, ...) findings_add(f, FINDING_ERROR, S(setting), __VA_ARGS__)
/* The same with a text at hand, of any length. */
void findings_put(struct findings *f, enum weight w, struct str where, struct str said);
/* The file has been read; what comes now is about what it means. */
void findings_form_ends(struct findings *f);
/* One "where: said" a line, those of one weight, in f->mem. */
struct str findings_lines(const struct findings *f, enum weight w);
#endif
