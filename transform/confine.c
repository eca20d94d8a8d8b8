/* SPDX-License-Identifier: MIT */
#include "transform/confine.h"

#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Instrumented programs reserve terabytes. */
#if defined(__SANITIZE_ADDRESS__)
#define UNLIMITED_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNLIMITED_MEMORY 1
#endif
#endif
#ifndef UNLIMITED_MEMORY
#define UNLIMITED_MEMORY 0
#endif

static scmp_filter_ctx rules;

static int
allow(void)
{
	static const int calls[] = {
		SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev),
		SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
		SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(getrandom),
		SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
		SCMP_SYS(time), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn),
		SCMP_SYS(rt_sigprocmask), SCMP_SYS(sigaltstack),
		SCMP_SYS(restart_syscall),
		SCMP_SYS(getpid), SCMP_SYS(gettid),
		SCMP_SYS(exit), SCMP_SYS(exit_group) };
	static const int maps[] = { SCMP_SYS(mmap), SCMP_SYS(mmap2),
		SCMP_SYS(mprotect) };
	size_t i;
	int rc = 0;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]) && rc == 0; i++)
		rc = seccomp_rule_add(rules, SCMP_ACT_ALLOW, calls[i], 0);
	/* Memory, but none that could be run. */
	for (i = 0; i < sizeof(maps) / sizeof(maps[0]) && rc == 0; i++)
		rc = seccomp_rule_add(rules, SCMP_ACT_ALLOW, maps[i], 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return rc;
}

static int
refused(int rc, struct error *error)
{
	errno = -rc;
	return error_errno(error, EXIT_SYSTEM, "cannot confine the filters "
	    "(seccomp)");
}

int
confine_prepare(struct error *error)
{
	int rc;

	/* Read the time zone while files can be opened. */
	tzset();
	if ((rules = seccomp_init(SCMP_ACT_ERRNO(EPERM))) == NULL)
		return refused(-ENOMEM, error);
	if ((rc = allow()) < 0)
		return refused(rc, error);
	return 0;
}

/* hard: so that it can't be raised again. */
static int
limit(size_t memory, bool hard, struct error *error)
{
	struct rlimit data;

	if (getrlimit(RLIMIT_DATA, &data) == -1)
		goto failed;
	/* One that is already less stays. */
	data.rlim_cur = data.rlim_max < memory ? data.rlim_max : memory;
	if (hard)
		data.rlim_max = data.rlim_cur;
	if (!UNLIMITED_MEMORY && setrlimit(RLIMIT_DATA, &data) == -1)
		goto failed;
	return 0;
failed:
	return error_errno(error, EXIT_SYSTEM, "cannot set a worker's limits");
}

int
confine_memory(size_t memory, struct error *error)
{
	return limit(memory, false, error);
}

/* Bytes of private data that there are, as RLIMIT_DATA counts them. */
static size_t
held(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file != NULL) {
		if (fscanf(file, "%*u %*u %*u %*u %*u %lu", &pages) != 1)
			pages = 0;
		fclose(file);
	}
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

int
confine(size_t memory, struct error *error)
{
	struct rlimit none = { 0, 0 };
	int rc;

	if (setrlimit(RLIMIT_CORE, &none) == -1)
		return error_errno(error, EXIT_SYSTEM,
		    "cannot set a worker's limits");
	if (limit(memory + held(), true, error) == -1)
		return -1;
	/* abort() signals this process, and may signal no other. */
	rc = seccomp_rule_add(rules, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	    SCMP_A0_64(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	/* With it goes PR_SET_NO_NEW_PRIVS, which the load sets. */
	if (rc < 0 || (rc = seccomp_load(rules)) < 0)
		return refused(rc, error);
	return 0;
}
