//! The last layer: a short list of system calls. All of them work on memory, on time and on
//! descriptors that are open; everything else answers as if it were forbidden, and the process
//! goes on.

use std::collections::BTreeMap;
use std::env::consts::ARCH;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch,
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

/// On all threads at once.
pub(super) fn close() -> Tried {
    let Ok(arch) = TargetArch::try_from(ARCH) else {
        return Err(format!("no list of system calls for {ARCH}"));
    };
    let program = program(arch).map_err(|error| format!("the list cannot be built: {error}"))?;
    seccompiler::apply_filter_all_threads(&program)
        .map_err(|error| format!("the kernel refuses it: {error}"))?;
    Ok(format!("{} system calls, no memory becomes code", rules().map_or(0, |rules| rules.len())))
}

fn program(arch: TargetArch) -> Result<BpfProgram, BackendError> {
    let denied = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    SeccompFilter::new(rules()?, denied, SeccompAction::Allow, arch)?.try_into()
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
