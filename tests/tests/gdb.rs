//! The real gdb looks at the program `crash` and at what it leaves: in a live process and in core files, of a program with
//! symbols and of a stripped one. Needs gdb and strip: `cargo test -p heapwright-tests --test gdb -- --ignored`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

const CRASH: &str = env!("CARGO_BIN_EXE_crash");

/// A crashed program: what it printed, what it left.
struct Crashed {
    program: PathBuf,
    core: PathBuf,
    /// The name, the address and the lines of each object, as the program printed it.
    objects: Vec<(String, String, Vec<String>)>,
}

static WITH_SYMBOLS: LazyLock<Crashed> = LazyLock::new(|| Crashed::new(Path::new(CRASH), "symbols"));

static STRIPPED: LazyLock<Crashed> = LazyLock::new(|| {
    let program = folder("strip").join("crash-stripped");
    let strip = Command::new("strip").arg("--strip-all").arg("-o").arg(&program).arg(CRASH).status();
    assert!(strip.expect("strip runs").success());
    Crashed::new(&program, "stripped")
});

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("gdb-{name}"));
    std::fs::create_dir_all(&folder).expect("a folder for core files");
    folder
}

impl Crashed {
    fn new(program: &Path, name: &str) -> Crashed {
        let folder = folder(name);
        let core = folder.join("core");
        for old in std::fs::read_dir(&folder).unwrap().flatten() {
            if old.file_name().to_string_lossy().starts_with("core") {
                std::fs::remove_file(old.path()).unwrap();
            }
        }
        let run = Command::new("sh")
            .args(["-c", "ulimit -c unlimited && exec \"$0\""])
            .arg(program)
            .current_dir(&folder)
            .output()
            .expect("the program runs");
        assert!(!run.status.success(), "it does not crash");
        let mut printed = String::from_utf8(run.stdout).unwrap();
        let dumped = std::fs::read_dir(&folder).unwrap().flatten().map(|file| file.path());
        match dumped.into_iter().find(|path| path.file_name().unwrap().to_string_lossy().starts_with("core")) {
            Some(path) => std::fs::rename(path, &core).unwrap(),
            None => {
                // The system sends core files elsewhere: let gdb write one when the program dies.
                let save = format!("generate-core-file {}", core.display());
                printed = gdb(&[program], &["run", &save]);
            }
        }
        assert!(core.exists(), "no core file:\n{printed}");
        Crashed { program: program.to_owned(), core, objects: objects(&printed) }
    }

    fn address(&self, name: &str) -> &str {
        &self.objects.iter().find(|object| object.0 == name).unwrap_or_else(|| panic!("no {name}")).1
    }

    /// What gdb prints of the core file.
    fn gdb(&self, command: &str) -> String {
        gdb(&[&self.program, &self.core], &["echo @@@\\n", command]).split_once("@@@\n").expect("a marker").1.to_owned()
    }
}

/// Runs gdb with the script, which binaries without debug information do not have with them.
fn gdb(files: &[&Path], commands: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../heap/src/debugger/heapwright.py");
    let source = format!("source {}", script.display());
    let mut gdb = Command::new("sh"); // for both outputs in their order
    gdb.args([
        "-c",
        "exec gdb \"$@\" 2>&1",
        "gdb",
        "-q",
        "-nx",
        "-batch",
        "-ex",
        "set width 0",
        "-ex",
        "set debuginfod enabled off",
        "-ex",
        &source,
    ]);
    for command in commands {
        gdb.args(["-ex", command]);
    }
    let output = gdb.args(files).output().expect("gdb is installed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The objects between lines `== name`. What a `print` hook writes before the fields is left out.
fn objects(printed: &str) -> Vec<(String, String, Vec<String>)> {
    let mut objects = Vec::new();
    for block in printed.split("== ").skip(1) {
        let mut lines = block.lines().map(str::to_owned);
        let name = lines.next().unwrap();
        let fields: Vec<String> = lines.skip_while(|line| !line.contains(" at 0x")).collect();
        let Some(first) = fields.first() else { continue };
        let address = first.split([' ', ',']).find(|word| word.starts_with("0x")).unwrap().to_owned();
        let end = fields.iter().position(|line| line == "}").unwrap();
        objects.push((name, address, fields[..=end].to_vec()));
    }
    assert!(objects.len() > 8, "{printed}");
    objects
}

/// gdb shows texts as such behind their numbers.
fn is_same(theirs: &str, ours: &str) -> bool {
    theirs == ours || theirs.strip_prefix(ours).is_some_and(|rest| rest.starts_with("  \""))
}

fn prints_all(crashed: &Crashed) {
    for (name, address, lines) in &crashed.objects {
        let printed = crashed.gdb(&format!("heapwright print {address}"));
        let theirs: Vec<&str> = printed.lines().collect();
        if name == "opaque" {
            assert!(theirs[0].starts_with(&format!("Opaque at {address}, ? bytes, new_space {{")), "{printed}");
            let unknown = "       ?  values: … as many as `squared(count)`, which only the program can compute";
            assert_eq!(theirs[1..], ["       4  count: 2".replace("4", &width("4", "8")), unknown.into(), "}".into()]);
            continue;
        }
        assert_eq!(theirs.len(), lines.len(), "{name}:\n{printed}");
        for (theirs, ours) in theirs.iter().zip(lines) {
            assert!(is_same(theirs, ours), "{name}:\ngdb:     {theirs}\nprogram: {ours}");
        }
    }
}

fn width(compressed: &str, full: &str) -> String {
    if cfg!(feature = "pointer-compression") { compressed } else { full }.to_owned()
}

#[test]
#[ignore = "needs gdb"]
fn objects_in_a_core_file_print_as_in_the_program() {
    prints_all(&WITH_SYMBOLS);
}

#[test]
#[ignore = "needs gdb and strip"]
fn a_stripped_program_is_no_hindrance() {
    prints_all(&STRIPPED);
    let printed = STRIPPED.gdb(&format!("heapwright print {}", STRIPPED.address("text")));
    assert!(printed.contains(r#"  "It's a \"heap\".\n""#), "{printed}");
}

#[test]
#[ignore = "needs gdb and strip"]
fn paths_lead_from_field_to_field() {
    let tails = STRIPPED.address("tails");
    let path = |path: &str| STRIPPED.gdb(&format!("heapwright print {tails} {path}"));
    assert_eq!(path(".count"), "3\n");
    assert_eq!(path(".many").trim_end(), lines_of("tails", "many: "));
    assert!(path(".entry.value").starts_with(&format!("FixedArray at {}", STRIPPED.address("array"))));
    assert!(path(".entry.value.elements[3]").starts_with("SeqOneByteString at "));
    assert!(path(".words[5]").starts_with(&format!("SeqTwoByteString at {}", STRIPPED.address("wide"))));
    assert_eq!(path(".words[0]"), "11\n");
    assert_eq!(path(".entries[1].key.length"), "15\n");
    assert_eq!(path(".dead"), "<cleared>\n");
    assert!(path(".map.class_entry").trim_end().parse::<u64>().is_ok());

    assert_eq!(path(".many.colour"), "Blue\n");
    assert_eq!(path(".many.inner.high"), "true\n");
    assert!(path(".words").starts_with("[11, 11, 11, 11, 11, <SeqTwoByteString "));
    assert!(path(".nothing").starts_with("nil"));

    assert!(path(".words[6]").contains("`words` has 6 elements; the last is `words[5]`"), "{}", path(".words[6]"));
    assert!(path(".wrods").contains("Tails has no field `wrods`. It has many, double, "), "{}", path(".wrods"));
    assert!(path(".count.length").contains("`count` is 3: there is nothing to follow"), "{}", path(".count.length"));
}

/// What the stripped program printed of a field.
fn lines_of(object: &str, field: &str) -> String {
    let object = STRIPPED.objects.iter().find(|o| o.0 == object).unwrap();
    object.2.iter().find_map(|line| Some(line.split_once(field)?.1.to_owned())).unwrap()
}

#[test]
#[ignore = "needs gdb and strip"]
fn walks_and_searches_the_heap_of_a_core_file() {
    let (tails, array, text) = (STRIPPED.address("tails"), STRIPPED.address("array"), STRIPPED.address("text"));

    let walk = STRIPPED.gdb(&format!("heapwright walk {tails}"));
    assert!(walk.starts_with(&format!("Tails at {tails}")), "{walk}");
    for (slot, class) in [("any", "HeapNumber"), ("note", "SeqOneByteString"), ("weak", "FixedArray")] {
        let slot = if slot == "weak" { "entry.value" } else { slot }; // each object once, where it is first met
        let weakly = if slot == "entry.value" { "  (weakly)" } else { "" };
        let header = format!("<Tails {tails}>.{slot}{weakly} =\n{class} at ");
        assert!(walk.contains(&header), "{header}\n{walk}");
    }
    let deeper = STRIPPED.gdb(&format!("heapwright walk {tails} .entry.value 2"));
    assert!(deeper.contains(&format!("<FixedArray {array}>.elements[3] =")), "{deeper}");

    let found = STRIPPED.gdb("heapwright find Everything");
    assert!(found.starts_with(&format!("<Tails {tails}>  ")) && found.ends_with("\n1 found\n"), "{found}");
    let strings = STRIPPED.gdb("heapwright find Str 2");
    assert!(strings.contains(" more\n") && strings.lines().count() == 4, "{strings}");
    let code = STRIPPED.gdb("heapwright find InstructionStream");
    for object in ["code", "large_code"] {
        assert!(code.contains(&format!("<InstructionStream {}>", STRIPPED.address(object))), "{code}");
    }
    assert!(code.contains("code_space\n") && code.contains("code_large_object_space\n"), "{code}");
    assert!(code.ends_with("\n2 found\n"), "{code}");
    let arrays = STRIPPED.gdb("heapwright find FixedArray");
    assert!(arrays.contains(" bytes, new_large_object_space\n"), "{arrays}");
    let nothing = STRIPPED.gdb("heapwright find Thails");
    assert!(nothing.contains("There is no class Thails."), "{nothing}");
    let close = STRIPPED.gdb("heapwright find array");
    assert!(close.contains("Did you mean FixedArray"), "{close}");

    let referrers = STRIPPED.gdb(&format!("heapwright referrers {text}"));
    for line in [format!("<FixedArray {array}>.elements[3]"), format!("<Tails {tails}>.entries[2].key")] {
        assert!(referrers.lines().any(|l| l == line), "{line}\n{referrers}");
    }
    assert!(referrers.ends_with("\n5 found\n"), "{referrers}");
    let weakly = STRIPPED.gdb(&format!("heapwright referrers {array}"));
    assert!(weakly.contains(&format!("<Tails {tails}>.weak  weakly\n")), "{weakly}");
}

#[test]
#[ignore = "needs gdb and strip"]
fn classes_and_isolates_are_listed() {
    let classes = STRIPPED.gdb("heapwright classes");
    for class in ["HeapObject", "Map", "Tails", "Opaque", "Script", "SeqTwoByteString", "Foreign"] {
        assert!(classes.lines().any(|l| l.trim_start().starts_with(&format!("{class} "))), "{class}\n{classes}");
    }
    assert!(classes.contains("tests/src/kinds.rs:"), "{classes}");
    let few = STRIPPED.gdb("heapwright classes ^heapwright_tests");
    assert_eq!(few.lines().count(), 7, "{few}");

    assert_eq!(STRIPPED.gdb("complete heapwright layout Ta"), "heapwright layout Tails\n");
    let tails = STRIPPED.address("tails");
    let fields = STRIPPED.gdb(&format!("complete heapwright print {tails} .entry.value.e"));
    assert_eq!(fields, format!("heapwright print {tails} .entry.value.elements\n"));
    let layout = STRIPPED.gdb("heapwright layout Tails");
    assert!(layout.starts_with("HeapObject > Everything > Tails   tests/src/kinds.rs:"), "{layout}");
    assert!(layout.contains("\nSeveral tails of computed lengths.\n"), "{layout}");
    let any = format!("    {:>4} {:>4}  any: Tagged<Any>  from Everything\n", width("56", "72"), width("4", "8"));
    assert!(layout.contains(&any), "{any}{layout}");
    assert!(layout.contains("  words: [Tagged<Any>]  (if parts.has_note() "), "{layout}");

    let isolates = STRIPPED.gdb("heapwright isolates");
    assert!(isolates.starts_with("isolate 1, cage 0x"), "{isolates}");
    for space in ["ReadOnly", "New", "Old", "Code", "Map", "NewLargeObject", "CodeLargeObject"] {
        assert!(isolates.contains(&format!("\n    {space} ")), "{isolates}");
    }
}

#[test]
#[ignore = "needs gdb"]
fn a_live_process_has_handles_and_prints_itself() {
    live_process("run");
}

#[test]
#[ignore = "needs gdb"]
fn so_does_one_whose_isolate_lies_in_its_cage() {
    live_process("run in-cage");
}

fn live_process(run: &str) {
    let printed = gdb(
        &[Path::new(CRASH)],
        &[
            run,
            "echo @@@\\n",
            "frame function crash::die",
            "print handle",
            "print reference",
            "print word",
            "print global",
            "heapwright print global",
            "heapwright print handle .count",
            "heapwright print reference .count",
            "print $heapwright(handle, \"note\") != 0",
            "heapwright call opaque",
            "heapwright print option",
            "heapwright print handle.note",
            "heapwright print nobody",
            "print $object == $heapwright(option)",
            "heapwright print 0x54",
            "heapwright print 0x7ffff",
            "heapwright print slot",
            "set language c",
            "call (void) _heapwright_print_object(0x54)",
            "call (void) _heapwright_print_object(3)",
            "call (void) _heapwright_print_object(slot)",
        ],
    );
    let printed = printed.split_once("@@@\n").expect("a marker").1;
    let tails = printed.lines().find_map(|l| l.strip_prefix("$1 = <Tails ")).unwrap_or_else(|| panic!("{printed}"));
    let tails = tails.trim_end_matches('>');
    // On a processor with AMX, a gdb before version 14 cannot put the registers back after it has called a function of the program: what
    // the function prints is there, but nothing comes of its value.
    let can_call = !printed.contains("Couldn't write extended state status");
    let (called, compared) = if can_call { ("$5 = true\n", "$6 = true\n") } else { ("Couldn't write", "$5 = true\n") };
    for wanted in [
        format!(") {tails}\n"), // the reference, as gdb prints pointers
        "$3 = <HeapNumber 0x".to_owned(),
        "$4 = <Opaque 0x".to_owned(),
        "which only the program can compute".to_owned(),
        format!("\n3\n3\n{called}"),
        "values: [5, 5, 5, 5]\n".to_owned(),
        "A path of fields stands behind a space: `handle .next`.\n".to_owned(),
        "No symbol 'nobody' in current context.\n".to_owned(),
        compared.to_owned(),
        width("0x54 is 0x54: there is no object. As a Smi it is 42.", "0x54 is 0x54: there is no object."),
        "0x7ffff is 0x7ffff: there is no object.".to_owned(),
        "slot is 0x".to_owned(),
        "0x54: no object of any isolate; as a Smi, ".to_owned(),
        "\n<cleared>\n".to_owned(),
    ] {
        assert!(printed.contains(&wanted), "{wanted}\n{printed}");
    }
    // A root that refers to a map is no object of that map.
    let lines = || printed.lines().filter(|line| line.contains("no object"));
    assert_eq!((lines().count(), lines().filter(|line| line.starts_with("slot is 0x")).count()), (5, 1), "{printed}");
}

#[test]
#[ignore = "needs gdb"]
fn an_object_is_found_where_an_interrupted_collection_moved_it() {
    let commands = ["break heapwright::gc::scavenger::Scavenger::update_weak_slots", "run", "echo @@@\\n"];
    let look = ["frame function crash::main", "heapwright print tails .weak", "p tails", "heapwright isolates"];
    let printed = gdb(&[Path::new(CRASH)], &[&commands[..], &look].concat());
    assert!(printed.contains("\nFixedArray at 0x") && printed.contains(" bytes, old_space {\n"), "{printed}");
    assert!(printed.contains("<SeqOneByteString 0x") && printed.contains("$1 = <Tails 0x"), "{printed}");
}

#[test]
#[ignore = "needs gdb"]
fn without_a_process_it_says_what_to_do() {
    let printed = gdb(&[Path::new(CRASH)], &["heapwright classes", "heapwright print"]);
    assert!(
        printed.contains("The tables are there once the program runs: `start` it, or load a core file."),
        "{printed}"
    );
    assert!(printed.contains("heapwright print [-n ELEMENTS] OBJECT [.path]"), "{printed}");
    let nothing = gdb(&[], &["heapwright classes", "heapwright", "heapwright find Tails -3", "heapwright prind"]);
    assert!(nothing.contains("No program is loaded: `file PROGRAM`, or `gdb PROGRAM CORE`."), "{nothing}");
    assert!(nothing.contains("heapwright walk -- ") && nothing.contains("How many objects is `-3`?"), "{nothing}");
    assert!(!nothing.contains("Python Exception"), "{nothing}");
    let other = gdb(&[Path::new("/bin/true")], &["heapwright classes"]);
    assert!(other.contains("The program has no Heapwright classes"), "{other}");
}
