//! Cases of the licensed text overlay: the sample is sound, mistakes are named, and no message repeats a text.

use super::{STANDARDS, isms};
use concord::{
    error::{Error, Problem},
    standards::Overlay,
};

crate::harness::cases![the_sample_is_sound, mistakes_are_named_by_file_and_key, nothing_repeats_a_text];

fn read(files: &[(&str, &str)]) -> Result<Overlay, Vec<Problem>> {
    let files: Vec<(String, String)> = files.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect();
    Overlay::parse(&files, &STANDARDS).map_err(|error| match error {
        Error::Invalid(problems) => problems,
        other => panic!("{other}"),
    })
}

fn the_sample_is_sound() {
    let sample = include_str!("../../examples/overlay/iso27001-2013.toml");
    let overlay =
        read(&[("sample.toml", sample), ("terms.toml", "[terms]\navailability = ' x '")]).expect("it is sound");
    assert_eq!(overlay.len(), 4);
    let text = overlay.requirement(&isms("A.8.1.1")).expect("a text");
    assert_eq!(text.lines().count(), 2);
    assert_eq!((overlay.term("availability"), overlay.term("incident")), (Some("x"), None));
    assert!(overlay.requirement(&isms("A.8.1")).is_none());
    assert!(read(&[]).expect("nothing is sound").is_empty());
}

fn mistakes_are_named_by_file_and_key() {
    for (text, place, rule) in [
        (
            "[requirements]\n'iso27001-2013/A.8.1.12' = 'x'",
            "x.toml: requirements.\"iso27001-2013/A.8.1.12\"",
            "`A.8.1.1`",
        ),
        ("[requirements]\n'A.8.1' = 'x'", "x.toml: requirements.\"A.8.1\"", "edition and number"),
        ("[requirements]\n'iso27001-2013/9.2' = ' '", "x.toml: requirements.\"iso27001-2013/9.2\"", "empty"),
        ("[requirements]\n'iso27001-2013/9.2' = 5", "x.toml: requirements.\"iso27001-2013/9.2\"", "in quotes"),
        ("[terms]\navailabilty = 'x'", "x.toml: terms.\"availabilty\"", "`availability`"),
        ("[requirement]\n'iso27001-2013/9.2' = 'x'", "x.toml: requirement", "`requirements`"),
        ("requirements = 'x'", "x.toml: requirements", "table"),
        ("[requirements]\n'iso27001-2013/9.2' = x", "x.toml line 2", "TOML"),
        ("", "x.toml", "neither"),
    ] {
        let problems = read(&[("x.toml", text)]).expect_err(text);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].place, place, "{text}");
        assert!(problems[0].rule.contains(rule), "{text}: {}", problems[0]);
    }
    let long = format!("[terms]\nincident = '{}'", "x".repeat(65_537));
    assert!(read(&[("x.toml", &long)]).expect_err("too long")[0].rule.contains("65536"));
    let twice = [("a.toml", "[terms]\nincident = 'x'"), ("b.toml", "[terms]\nIncidents = 'y'\nnonsens = 'z'")];
    let problems = read(&twice).expect_err("given twice");
    assert_eq!(problems.len(), 2, "all at once: {problems:?}");
    assert!(problems[0].place.starts_with("b.toml") && problems[0].rule.contains("a.toml"), "{}", problems[0]);
}

fn nothing_repeats_a_text() {
    let secret = "the sentence nobody may read";
    for text in [
        format!("[requirements]\n'iso27001-2013/99' = '{secret}'"),
        format!("[requirements]\n'iso27001-2013/9.2' = {secret}"),
        format!("[requirements]\n'iso27001-2013/9.2' = '{secret}"),
        format!("requirements = '{secret}'"),
        format!("[requirements]\n'iso27001-2013/9.2' = ['{secret}']"),
        format!("[terms]\nincident = '{secret}'\nincident = '{secret}'"),
        format!("[terms]\nincident = \"\"\"{secret}\n{secret}"),
    ] {
        for problem in read(&[("x.toml", &text)]).expect_err(&text) {
            assert!(!problem.to_string().contains("sentence"), "{problem}");
        }
    }
    let overlay = read(&[("x.toml", &format!("[terms]\nincident = '{secret}'"))]).expect("it is sound");
    assert!(!format!("{overlay:?}").contains("sentence"));
}
