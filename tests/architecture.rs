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
    for (chapter, least) in [("ATTACKS.md", 40), ("DIRECTORY.md", 60), ("ORGANIZATIONS.md", 60)] {
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
        let (file, folder) = (format!("tests/{program}.rs"), format!("tests/{program}"));
        let path = if root.join(&file).is_file() { file } else { folder };
        let read = |file: &PathBuf| fs::read_to_string(file).expect("a test");
        let source: String = sources(root.join(path)).iter().map(read).collect();
        assert!(source.contains(&format!("fn {test}()")), "{program} has no test {test}");
        count += 1;
    }
    count
}

/// The paved path, name by name: one more is a decision.
const ROOT: [&str; 28] = [
    "Certificates",
    "Connection",
    "ConnectionOptions",
    "Delivery",
    "Error",
    "Identity",
    "IdentityProvider",
    "IdpMetadata",
    "KeyPair",
    "Limits",
    "LoginOptions",
    "LoginPolicy",
    "MemoryReplayStore",
    "MemoryRequestStore",
    "Opened",
    "Organization",
    "PendingRequest",
    "Random",
    "Rejection",
    "ReplayStore",
    "Report",
    "RequestStore",
    "SealedRequests",
    "SealingKey",
    "ServiceProvider",
    "SpMetadata",
    "Unsolicited",
    "Unspent",
];

#[test]
fn the_root_is_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lib = fs::read_to_string(root.join("src/lib.rs")).expect("lib.rs");
    let mut exported: Vec<&str> = lib
        .split("pub use ")
        .skip(1)
        .flat_map(|rest| {
            let (names, _) = rest.split_once(';').expect("the end of an export");
            let names = names.rsplit_once("::").map_or(names, |(_, names)| names);
            names.trim_matches(['{', '}']).split(',').map(str::trim).filter(|name| !name.is_empty())
        })
        .collect();
    exported.sort_unstable();
    assert_eq!(exported, ROOT);
}

#[test]
fn the_files_that_the_chapters_name_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (chapter, least) in
        [("ATTACKS.md", 3), ("CONTRIBUTING.md", 15), ("DESIGN.md", 4), ("README.md", 5)]
    {
        let text = fs::read_to_string(root.join(chapter)).expect(chapter);
        let missing: Vec<String> =
            paths_named(&text).into_iter().filter(|path| !exists(root, path)).collect();
        assert!(missing.is_empty(), "{chapter} names what is not there: {missing:?}");
        let named = paths_named(&text).len();
        assert!(named >= least, "{chapter} names {named}");
    }
}

/// A row that rests on a test that the README's command does not run says so.
#[test]
fn what_runs_elsewhere_is_marked() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let chapter = fs::read_to_string(root.join("ATTACKS.md")).expect("ATTACKS.md");
    let mut marked = 0;
    for row in chapter.lines().filter(|line| line.starts_with('|')) {
        for elsewhere in ["`second_opinion", "`fuzz/", "`tests/interop", "`interop"] {
            for rest in row.split(elsewhere).skip(1) {
                let (_, behind) = rest.split_once('`').expect("the end of the name");
                assert!(behind.starts_with(" †"), "{row}");
                marked += 1;
            }
        }
    }
    assert_eq!(marked, 3);
}

/// The test of the files can fail.
#[test]
fn a_file_that_is_not_there_is_noticed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = "`src/lib.rs`, `src/vendor/menus.rs`, `account/`, `nowhere/` and `a b/c.rs`";
    let named = paths_named(text);
    assert_eq!(named, ["src/lib.rs", "src/vendor/menus.rs", "account/", "nowhere/"]);
    let there: Vec<bool> = named.iter().map(|path| exists(root, path)).collect();
    assert_eq!(there, [true, false, true, false]);
}

/// What is in backticks and looks like a file or a folder of this repository.
fn paths_named(text: &str) -> Vec<String> {
    let is_path = |code: &&str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
        let known = [".rs", ".md", ".json", ".toml", ".py", "/"];
        code.chars().all(plain) && known.iter().any(|end| code.ends_with(end))
    };
    let mut outside = true;
    let prose = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        outside ^= fence;
        outside && !fence
    });
    let prose: Vec<&str> = prose.collect();
    let codes = prose.join("\n");
    codes.split('`').skip(1).step_by(2).filter(is_path).map(str::to_owned).collect()
}

/// From the root, or from `src`, as the chapters write it.
fn exists(root: &Path, path: &str) -> bool {
    !path.starts_with('/') && (root.join(path).exists() || root.join("src").join(path).exists())
}
