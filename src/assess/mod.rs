//! Conclusions from judged records: verdicts, requirement and joint status, supplier risk. Values in, values out.
