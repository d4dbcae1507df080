/* login/password_int.h - what the families of password encodings share with password.c and user.c. */
#ifndef HUFU_LOGIN_PASSWORD_INT_H
#define HUFU_LOGIN_PASSWORD_INT_H

#include "login/login.h"

/*
 * What verifying costs, in microseconds of the machine it was measured on (two-core Xeon); only the ratios matter.
 * An argon2id pass over 1 KiB counts a quarter, and filling the memory counts as two more passes.
 */
#define COST_DEFAULT_US 19456                   /* argon2id, 19 MiB, 2 passes */
#define COST_CHEAP_US   500                     /* below this no slot is taken and no lane is needed */
#define COST_MAX_US     (4 * INT64_C(1000000))  /* stored encodings are imported data: nothing more expensive is ever computed */
#define COST_MEMORY_MAX (256 * UINT64_C(1048576))
#define COST_MALFORMED  INT64_C(-1)
#define COST_ABSURD     INT64_MAX
#define STORED_MAX      (PASSWORD_MAX + 64)     /* bytes of a stored encoding */

/* One way of writing a stored password: a row of the table in password.c. */
struct scheme {
	struct str prefix;              /* how the stored value begins: "{bcrypt}", "$2a$" */
	bool whole;                     /* the prefix belongs to what the family reads */
	/* the prefix alone says little: the row counts only for what cost() finds well-formed */
	bool by_shape;
	struct str name;                /* password_encoding */
	/* judges shape and parameters; COST_* or microseconds */
	int64_t (*cost)(const struct scheme *, struct str body);
	/* after cost() found it sound */
	bool (*verify)(const struct scheme *, struct arena *, struct str body, struct str given);
	const char *detail;             /* digest name, where a family has several */
	int iterations, salt_size;
};

int64_t bcrypt_cost(const struct scheme *k, struct str body);   /* password_crypt.c: bcrypt and crypt(3) */
int64_t crypt_cost(const struct scheme *k, struct str body);
bool    crypt_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given);
int64_t argon2_cost(const struct scheme *k, struct str body);   /* password_argon2.c */
bool    argon2_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given);
int64_t pbkdf2_cost(const struct scheme *k, struct str body);   /* password_spring.c */
bool    pbkdf2_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given);
int64_t scrypt_cost(const struct scheme *k, struct str body);
bool    scrypt_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given);
int64_t standard_cost(const struct scheme *k, struct str body);
bool    standard_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given);
int64_t message_cost(const struct scheme *k, struct str body);
bool    message_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given);
int64_t aspnet_cost(const struct scheme *k, struct str body);   /* password_other.c */
bool    aspnet_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given);
int64_t keycloak_cost(const struct scheme *k, struct str body);
bool    keycloak_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given);
int64_t django_cost(const struct scheme *k, struct str body);
bool    django_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given);
int64_t django_scrypt_cost(const struct scheme *k, struct str body);
bool    django_scrypt_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given);
bool    prehashed_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given);
int64_t stretched_cost(const struct scheme *k, struct str body);
bool    stretched_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given);
int64_t salt_first_cost(const struct scheme *k, struct str body);
bool    salt_first_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given);
int64_t shiro_cost(const struct scheme *k, struct str body);
bool    shiro_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given);
int64_t ldap_cost(const struct scheme *k, struct str body);     /* password_ldap.c */
bool    ldap_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given);

/* Spring's StandardPasswordEncoder: SHA-256 iterated 1,024 times over salt and secret. */
void standard_digest(struct str salt, struct str given, uint8_t out[DIGEST_SIZE]);
/* The argon2id default, "$argon2id$..." without the prefix; absent without memory. */
struct str argon2_make(struct arena *mem, struct str given);
/* argon2id with at least the default's memory and passes */
bool argon2_is_default(struct str body);
/* Spend about us and keep nothing: up to one default hash in memory, or any amount without. */
void argon2_burn(struct str given, int64_t us);
void bcrypt_burn(struct arena *mem, struct str given, int64_t us);

/*
 * password_digest.c: digest `name` ("MD4", "MD5", "SHA-1", "SHA-256", ...) of a and b joined; its
 * size, 0 when there is none.
 */
#define OLD_DIGEST_MAX 64
size_t old_digest(const char *name, struct str a, struct str b, uint8_t out[OLD_DIGEST_MAX]);
size_t old_digest_size(const char *name);

/* password_slots.c: how many expensive hashes run at once, and what this thread has spent on them. */
enum slots { SLOTS_USERS, SLOTS_CLIENTS, SLOTS_COUNT };
void    slot_take(enum slots of, int64_t cost_us);              /* waits for a slot unless the cost is cheap */
void    slot_give(enum slots of, int64_t cost_us);
/* by this thread, ever: L1 is tested by counting, not by timing */
int64_t slot_spent_us(void);
void    slot_spend(int64_t us);

int64_t password_cost_us(struct str stored);                    /* 0: nothing would be computed */
/*
 * password_verify that, when the answer is not "right", spends what is missing to least_us in the
 * same slot (L1). stored absent: nobody, all of it is spent.
 */
enum password_result password_check(struct arena *mem, struct str stored, struct str given, int64_t least_us);
#endif
