//! The modules of `lib.rs` stand in the order of the data, and a module uses only what stands above
//! it.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(path: PathBuf) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path];
    }
    let entries =
        fs::read_dir(path).expect("a module folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(sources).collect()
}

/// The `crate::…` names in code; comments may speak of anything.
fn names_used(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a source file");
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let uses =
        code.flat_map(|line| line.split("crate::").skip(1).map(str::to_owned).collect::<Vec<_>>());
    uses.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

#[test]
fn a_module_uses_only_what_stands_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = fs::read_to_string(src.join("lib.rs")).expect("lib.rs");
    let declared =
        lib.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "));
    let modules: Vec<&str> = declared.map(|name| name.trim_end_matches(';')).collect();
    assert!(modules.len() > 10, "{modules:?}");
    for (place, module) in modules.iter().enumerate() {
        let folder = src.join(module);
        let path = if folder.is_dir() { folder } else { src.join(format!("{module}.rs")) };
        for file in sources(path) {
            for used in names_used(&file) {
                let stands = modules.iter().position(|name| *name == used);
                let stands = stands
                    .unwrap_or_else(|| panic!("{}: crate::{used} is no module", file.display()));
                assert!(
                    stands <= place,
                    "{} uses {used}, which stands below {module}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn the_tests_that_the_chapters_name_exist() {
    for (chapter, least) in [("ATTACKS.md", 40), ("ORGANIZATIONS.md", 60)] {
        let named = named_tests(chapter);
        assert!(named > least, "{chapter} names {named}");
    }
}

fn named_tests(chapter: &str) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let chapter = fs::read_to_string(root.join(chapter)).expect(chapter);
    // Code in a block is none of the names in the text.
    let codes = chapter.split('`').filter(|code| !code.contains(char::is_whitespace));
    let named = codes.filter_map(|code| code.split_once("::"));
    let named =
        named.filter(|(program, _)| program.starts_with(|first: char| first.is_ascii_lowercase()));
    let mut count = 0;
    for (program, test) in named.filter(|(program, _)| *program != "program") {
        let source = fs::read_to_string(root.join(format!("tests/{program}.rs"))).expect(program);
        assert!(source.contains(&format!("fn {test}()")), "{program} has no test {test}");
        count += 1;
    }
    count
}
