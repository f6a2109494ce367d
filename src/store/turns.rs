//! Whose turn it is to write: one writer at a time, in the order they came. One that is urgent goes before those that
//! are not, but never twice in a row past one that waits, so neither starves the other.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Hands out turns.
#[derive(Default)]
pub struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    taken: bool,
    /// The number the next one to come gets, and the one whose turn is next.
    coming: u64,
    next: u64,
    /// How many of the urgent wait.
    urgent: u64,
    last_was_urgent: bool,
}

/// A turn; it ends when this is dropped.
pub struct Turn<'a>(&'a Turns);

impl Turns {
    /// Waits for a turn.
    pub fn wait(&self) -> Turn<'_> {
        let mut state = self.state();
        let number = state.coming;
        state.coming += 1;
        let mut state = self.until(state, |state| state.next == number && (state.urgent == 0 || state.last_was_urgent));
        state.next += 1;
        state.last_was_urgent = false;
        Turn(self)
    }

    /// Waits for a turn before all that are not urgent.
    pub fn wait_urgently(&self) -> Turn<'_> {
        let mut state = self.state();
        state.urgent += 1;
        let mut state = self.until(state, |state| state.next == state.coming || !state.last_was_urgent);
        state.urgent -= 1;
        state.last_was_urgent = true;
        Turn(self)
    }

    fn until<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        is_next: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        while state.taken || !is_next(&state) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.taken = true;
        state
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state().taken = false;
        self.0.changed.notify_all();
    }
}
