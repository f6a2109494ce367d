//! What a mapping may take for a row: so many steps, so much time, so much of its thread's stack. A row that takes more
//! costs itself alone.

use std::{
    any::Any,
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    ptr,
    time::{Duration, Instant},
};

/// The most times that what calls itself may do so, and that ranges may count on.
const MAX_STEPS: u64 = 500_000;

/// The longest it may take.
const MAX_TIME: Duration = Duration::from_secs(10);

/// The most of the stack, in bytes: three quarters of the smallest a thread has.
const MAX_STACK: usize = 3 << 19;

#[derive(Clone, Copy)]
struct Bounds {
    steps: u64,
    until: Instant,
    /// The lowest address of the stack.
    lowest: usize,
}

thread_local! {
    static BOUNDS: Cell<Option<Bounds>> = const { Cell::new(None) };
}

/// Why it was ended.
struct Over(&'static str);

/// Runs what calls [`step`], within the bounds. A panic is an error.
pub fn within<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let lowest = here().saturating_sub(MAX_STACK);
    BOUNDS.set(Some(Bounds { steps: 0, until: Instant::now() + MAX_TIME, lowest }));
    let outcome = catch_unwind(AssertUnwindSafe(run));
    BOUNDS.set(None);
    outcome.unwrap_or_else(|reason| Err(told(&*reason)))
}

fn told(reason: &(dyn Any + Send)) -> String {
    match reason.downcast_ref::<Over>() {
        Some(Over(rule)) => format!("the mapping {rule}"),
        None => "the mapping met a defect of the jq interpreter".into(),
    }
}

/// Counts a step; ends what [`within`] runs if it takes too much. No program can catch that, as it could an error.
pub fn step() {
    let Some(mut bounds) = BOUNDS.get() else { return };
    bounds.steps += 1;
    let rule = if here() < bounds.lowest {
        "calls itself too deeply"
    } else if bounds.steps > MAX_STEPS {
        "goes round too often"
    } else if bounds.until < Instant::now() {
        "takes too long"
    } else {
        return BOUNDS.set(Some(bounds));
    };
    resume_unwind(Box::new(Over(rule)));
}

/// About where the stack is.
#[inline(never)]
fn here() -> usize {
    let mark = 0_u8;
    ptr::from_ref(&mark).addr()
}
