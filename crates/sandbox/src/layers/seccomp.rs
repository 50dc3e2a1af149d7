//! The last layer: a short list of system calls. All of them work on memory, on time and on
//! descriptors that are open; everything else answers as if it were forbidden, and the process
//! goes on.

use std::collections::BTreeMap;
use std::env::consts::ARCH;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, sock_filter,
};

use super::Tried;

/// What works with any arguments.
const ALLOWED: &[libc::c_long] = &[
    // On descriptors that are open. No `recvmsg` and no `sendmsg`: they can carry others.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_recvfrom,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_close,
    libc::SYS_ppoll,
    // Memory, of which the limits say how much.
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    // Threads among each other, and their ends.
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_membarrier,
    libc::SYS_rseq,
    libc::SYS_set_robust_list,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_restart_syscall,
    libc::SYS_exit,
    libc::SYS_exit_group,
    // Signals to itself: traps of a guest are such.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    // Time and randomness.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrusage,
    libc::SYS_getrandom,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
];

/// Memory that others share, or that counts as a stack, which no limit of data counts.
const UNCOUNTED: i32 = libc::MAP_SHARED | libc::MAP_GROWSDOWN;

/// What a process is left for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It runs what it has.
    Run,
    /// It makes code, and starts a thread beside it.
    Compile,
}

/// On all threads at once.
pub(super) fn close(purpose: Purpose) -> Tried {
    let Ok(arch) = TargetArch::try_from(ARCH) else {
        return Err(format!("no list of system calls for {ARCH}"));
    };
    let (count, program) =
        program(arch, purpose).map_err(|error| format!("the list cannot be built: {error}"))?;
    seccompiler::apply_filter_all_threads(&program)
        .map_err(|error| format!("the kernel refuses it: {error}"))?;
    Ok(match purpose {
        Purpose::Run => format!("{count} system calls, no memory becomes code"),
        Purpose::Compile => format!("{count} system calls"),
    })
}

/// With the number of calls that it allows.
fn program(arch: TargetArch, purpose: Purpose) -> Result<(usize, BpfProgram), BackendError> {
    let mut rules = rules()?;
    if purpose == Purpose::Compile {
        rules.extend(making_code()?);
    }
    let count = rules.len();
    let denied = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules, denied, SeccompAction::Allow, arch)?;
    let list: BpfProgram = filter.try_into()?;
    Ok((count, without_clone3().into_iter().chain(list).collect()))
}

/// What a compiler may beyond the list: memory that is code, and threads, but no processes.
fn making_code() -> Result<BTreeMap<i64, Vec<SeccompRule>>, BackendError> {
    let thread = u64::from(libc::CLONE_THREAD.unsigned_abs());
    let same = SeccompCmpOp::MaskedEq(thread);
    let thread = SeccompCondition::new(0, SeccompCmpArgLen::Qword, same, thread)?;
    Ok(BTreeMap::from([
        (libc::SYS_clone, vec![SeccompRule::new(vec![thread])?]),
        (libc::SYS_mmap, vec![SeccompRule::new(vec![without(3, UNCOUNTED)?])?]),
        (libc::SYS_mprotect, Vec::new()),
    ]))
}

/// `clone3` keeps its arguments where no filter sees them. When it is said not to exist, the C
/// library takes `clone` instead: if the call is that one, the answer is `ENOSYS`.
fn without_clone3() -> [sock_filter; 3] {
    let step = |code, jf, k| sock_filter { code, jt: 0, jf, k };
    let load_number = step(0x20, 0, 0);
    let is_it_clone3 = step(0x15, 1, u32::try_from(libc::SYS_clone3).unwrap_or(u32::MAX));
    let answer = step(0x06, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs());
    [load_number, is_it_clone3, answer]
}

fn rules() -> Result<BTreeMap<i64, Vec<SeccompRule>>, BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.iter().map(|&call| (call, Vec::new())).collect();
    let not_code = || without(2, libc::PROT_EXEC);
    let ours = SeccompRule::new(vec![not_code()?, without(3, UNCOUNTED)?])?;
    rules.insert(libc::SYS_mmap, vec![ours]);
    rules.insert(libc::SYS_mprotect, vec![SeccompRule::new(vec![not_code()?])?]);
    // To the other end of a socket, and to no address.
    rules.insert(libc::SYS_sendto, vec![SeccompRule::new(vec![is(4, 0)?])?]);
    // As a process does that gives up.
    let own = u64::from(rustix::process::getpid().as_raw_pid().unsigned_abs());
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![is(0, own)?])?]);
    Ok(rules)
}

/// The argument has none of these bits.
fn without(argument: u8, bits: i32) -> Result<SeccompCondition, BackendError> {
    let mask = u64::from(bits.unsigned_abs());
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(mask), 0)
}

fn is(argument: u8, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, value)
}
