//! Which file imports which: every path of the crate led back to the file that defines what it names.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::modules::{ModulePath, Modules};

/// The name under which the executable knows the library.
const LIBRARY: &str = "viewtally";

/// One file names something of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    pub from: String,
    pub line: usize,
    /// As written, without groups and aliases.
    pub path: String,
    pub to: String,
    /// Names a whole module that a `mod.rs` declares: what is used of it has imports of its own.
    pub names_folder: bool,
}

impl std::fmt::Display for Import {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            from,
            line,
            path,
            to,
            ..
        } = self;
        write!(f, "{from}:{line}: {path} is in {to}")
    }
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Module(ModulePath),
    /// Something that this file defines.
    Item(String),
}

/// Finds every import between two files of a crate, given as `src/…` paths and their text.
pub fn imports<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> BTreeSet<Import> {
    let resolver = Resolver {
        modules: Modules::read(files),
        under_way: RefCell::default(),
    };
    let mut found = BTreeSet::new();
    for (path, module) in &resolver.modules.0 {
        let uses = module
            .uses
            .iter()
            .map(|one| (&one.mention, one.name.is_none()));
        let mentions = module.mentions.iter().map(|mention| (mention, false));
        for (mention, is_glob) in uses.chain(mentions) {
            for (to, names_folder) in resolver.files(path, &mention.path, is_glob) {
                if to != module.file {
                    found.insert(Import {
                        from: module.file.clone(),
                        line: mention.line,
                        path: mention.path.join("::"),
                        to,
                        names_folder,
                    });
                }
            }
        }
    }
    found
}

struct Resolver {
    modules: Modules,
    /// The names being looked up, so that one that leads to itself ends.
    under_way: RefCell<BTreeSet<(ModulePath, String)>>,
}

impl Resolver {
    /// The files in which the thing may be that a path names, and whether it is a folder's module itself.
    fn files(&self, from: &ModulePath, path: &[String], is_glob: bool) -> BTreeSet<(String, bool)> {
        let mut files = BTreeSet::new();
        let mut globbed = BTreeSet::new();
        let mut targets: Vec<(Target, bool)> = self
            .resolve(from, path)
            .into_iter()
            .map(|target| (target, is_glob))
            .collect();
        while let Some((target, is_glob)) = targets.pop() {
            let module = match target {
                Target::Item(file) => {
                    files.insert((file, false));
                    continue;
                }
                Target::Module(module) => module,
            };
            let file = &self.modules.0[&module].file;
            let declares = file.ends_with("/mod.rs") || file.ends_with("/lib.rs");
            files.insert((file.clone(), declares && !is_glob));
            if is_glob && globbed.insert(module.clone()) {
                for one in &self.modules.0[&module].uses {
                    let all = one.name.is_none();
                    let found = self.resolve(&module, &one.mention.path);
                    targets.extend(found.into_iter().map(|target| (target, all)));
                }
            }
        }
        files
    }

    fn resolve(&self, from: &ModulePath, path: &[String]) -> BTreeSet<Target> {
        let is_main = from.first().is_some_and(|name| name == "main");
        let mut rest = path.iter();
        let first = rest.next().map_or("", String::as_str);
        let mut targets: BTreeSet<Target> = match first {
            "crate" if is_main => [Target::Module(from[..1].to_vec())].into(),
            "crate" => [Target::Module(Vec::new())].into(),
            "self" => [Target::Module(from.clone())].into(),
            "super" => {
                let mut up = from.clone();
                up.pop();
                while rest.as_slice().first().is_some_and(|name| name == "super") {
                    up.pop();
                    rest.next();
                }
                [Target::Module(up)].into()
            }
            LIBRARY if is_main => [Target::Module(Vec::new())].into(),
            name => self.lookup(from, name),
        };
        for name in rest {
            targets = targets
                .into_iter()
                .flat_map(|target| match target {
                    Target::Item(file) => [Target::Item(file)].into(),
                    Target::Module(module) => {
                        let known = self.lookup(&module, name);
                        if known.is_empty() {
                            // A macro made it, or it is a variant brought in by a glob.
                            self.own_file(&module)
                        } else {
                            known
                        }
                    }
                })
                .collect();
        }
        targets
    }

    fn own_file(&self, module: &ModulePath) -> BTreeSet<Target> {
        let module = self.modules.0.get(module);
        module
            .map(|module| Target::Item(module.file.clone()))
            .into_iter()
            .collect()
    }

    /// What a name is in a module; nothing for names from outside the crate.
    fn lookup(&self, at: &ModulePath, name: &str) -> BTreeSet<Target> {
        let question = (at.clone(), name.to_owned());
        if !self.under_way.borrow_mut().insert(question.clone()) {
            return self.child(at, name).into_iter().collect();
        }
        let found = self.lookup_once(at, name);
        self.under_way.borrow_mut().remove(&question);
        found
    }

    fn child(&self, at: &ModulePath, name: &str) -> Option<Target> {
        let mut child = at.clone();
        child.push(name.to_owned());
        (self.modules.0.contains_key(&child) && child != ["main"]).then_some(Target::Module(child))
    }

    fn lookup_once(&self, at: &ModulePath, name: &str) -> BTreeSet<Target> {
        let Some(module) = self.modules.0.get(at) else {
            return BTreeSet::new();
        };
        let mut found: BTreeSet<Target> = self.child(at, name).into_iter().collect();
        if module.items.contains(name) {
            found.insert(Target::Item(module.file.clone()));
        }
        for one in &module.uses {
            if one.name.as_deref() == Some(name) {
                found.extend(self.resolve(at, &one.mention.path));
            }
        }
        if !found.is_empty() {
            return found;
        }
        for one in module.uses.iter().filter(|one| one.name.is_none()) {
            for target in self.resolve(at, &one.mention.path) {
                if let Target::Module(module) = target {
                    found.extend(self.lookup(&module, name));
                }
            }
        }
        found
    }
}

/// Every cycle among files, one for each group of files that reach each other: the shortest, as its imports.
pub fn cycles(imports: &BTreeSet<Import>) -> Vec<Vec<Import>> {
    let mut next: BTreeMap<&str, Vec<&Import>> = BTreeMap::new();
    for import in imports.iter().filter(|import| !import.names_folder) {
        next.entry(&import.from).or_default().push(import);
    }
    let mut in_one = BTreeSet::new();
    let mut cycles = Vec::new();
    for start in next.keys() {
        if in_one.contains(start) {
            continue;
        }
        if let Some(cycle) = shortest_back(start, &next) {
            in_one.extend(
                cycle
                    .iter()
                    .filter_map(|import| next.get_key_value(import.from.as_str()))
                    .map(|(file, _)| *file),
            );
            cycles.push(cycle);
        }
    }
    cycles
}

/// The shortest way from a file back to itself.
fn shortest_back(start: &str, next: &BTreeMap<&str, Vec<&Import>>) -> Option<Vec<Import>> {
    let mut came_by: BTreeMap<&str, &Import> = BTreeMap::new();
    let mut waiting = VecDeque::from([start]);
    while let Some(file) = waiting.pop_front() {
        for import in next.get(file).into_iter().flatten() {
            if came_by.contains_key(import.to.as_str()) {
                continue;
            }
            came_by.insert(&import.to, import);
            waiting.push_back(&import.to);
        }
    }
    let mut way = vec![(*came_by.get(start)?).clone()];
    while way.last().is_some_and(|import| import.from != start) {
        let from = way
            .last()
            .map(|import| import.from.as_str())
            .unwrap_or(start);
        let import = came_by[from];
        way.push(import.clone());
    }
    way.reverse();
    Some(way)
}
