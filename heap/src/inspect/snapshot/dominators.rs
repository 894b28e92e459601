//! Dominators of a snapshot's nodes: who keeps whom alive alone.
//!
//! Semi-NCA: the semidominators of Lengauer and Tarjan, then, in preorder, the nearest common ancestor of each node's
//! semidominator and its parent (Georgiadis). Nothing here recurses.

use super::{HeapSnapshot, SnapshotEdgeKind};

/// No number.
const NONE: u32 = u32::MAX;

/// The nodes that strong references reach, in the order in which a depth-first search meets them.
struct Preorder {
    /// The node of each number.
    nodes: Vec<u32>,
    /// The number of each node, or `NONE`.
    numbers: Vec<u32>,
    /// The number of the node that each number was met from.
    parents: Vec<u32>,
}

impl Preorder {
    fn of(snapshot: &HeapSnapshot) -> Preorder {
        let mut order = Preorder { nodes: Vec::new(), numbers: vec![NONE; snapshot.nodes.len()], parents: Vec::new() };
        // What is left to follow of each node on the way: itself, by its number, and its next edge.
        let mut way: Vec<(u32, usize)> = Vec::new();
        if !snapshot.nodes.is_empty() {
            way.push((order.add(0, 0), 0));
        }
        while let Some((number, next)) = way.last_mut() {
            let edges = snapshot.edges(order.nodes[*number as usize] as usize);
            let Some(edge) = edges.get(*next) else {
                way.pop();
                continue;
            };
            *next += 1;
            if edge.kind != SnapshotEdgeKind::Weak && order.numbers[edge.to] == NONE {
                let number = *number;
                way.push((order.add(edge.to, number), 0));
            }
        }
        order
    }

    fn add(&mut self, node: usize, parent: u32) -> u32 {
        let number = self.nodes.len() as u32;
        self.numbers[node] = number;
        self.nodes.push(node as u32);
        self.parents.push(parent);
        number
    }
}

/// By number: who refers to each, themselves numbers. All in one list, cut at `first`.
struct Predecessors {
    first: Vec<usize>,
    list: Vec<u32>,
}

impl Predecessors {
    fn of(snapshot: &HeapSnapshot, order: &Preorder) -> Predecessors {
        let edges = |number: usize| {
            let edges = snapshot.edges(order.nodes[number] as usize).iter();
            edges.filter(|edge| edge.kind != SnapshotEdgeKind::Weak).map(|edge| order.numbers[edge.to] as usize)
        };
        let mut first = vec![0; order.nodes.len() + 1];
        for number in 0..order.nodes.len() {
            edges(number).for_each(|to| first[to + 1] += 1);
        }
        for number in 0..order.nodes.len() {
            first[number + 1] += first[number];
        }
        let mut list = vec![0; first[order.nodes.len()]];
        let mut next = first.clone();
        for number in 0..order.nodes.len() {
            for to in edges(number) {
                list[next[to]] = number as u32;
                next[to] += 1;
            }
        }
        Predecessors { first, list }
    }

    fn of_number(&self, number: usize) -> &[u32] {
        &self.list[self.first[number]..self.first[number + 1]]
    }
}

/// The immediate dominator of each number, a smaller one; of the first, itself.
fn immediate(order: &Preorder, predecessors: &Predecessors) -> Vec<u32> {
    let count = order.nodes.len();
    let mut semi: Vec<u32> = (0..count as u32).collect();
    let mut best = semi.clone(); // the number with the least semidominator on the way up that was compressed
    let mut ancestor = order.parents.clone();
    let mut way = Vec::new();
    for number in (1..count).rev() {
        let mut least = order.parents[number];
        for &from in predecessors.of_number(number) {
            let candidate = if from as usize <= number {
                from
            } else {
                semi[evaluate(from, number as u32, &semi, &mut best, &mut ancestor, &mut way) as usize]
            };
            least = least.min(candidate);
        }
        semi[number] = least;
    }
    let mut dominators = order.parents.clone();
    for number in 1..count {
        let mut dominator = dominators[number];
        while dominator > semi[number] {
            dominator = dominators[dominator as usize];
        }
        dominators[number] = dominator;
    }
    dominators
}

/// The number with the least semidominator among `from` and its ancestors above `last`, all of which are settled. Makes
/// the way shorter for whoever comes next.
fn evaluate(from: u32, last: u32, semi: &[u32], best: &mut [u32], ancestor: &mut [u32], way: &mut Vec<u32>) -> u32 {
    let mut at = from;
    while ancestor[at as usize] > last {
        way.push(at);
        at = ancestor[at as usize];
    }
    // `at` is the topmost; from above down, each takes over what its ancestor has found.
    while let Some(below) = way.pop() {
        let above = ancestor[below as usize];
        if semi[best[above as usize] as usize] < semi[best[below as usize] as usize] {
            best[below as usize] = best[above as usize];
        }
        ancestor[below as usize] = ancestor[above as usize];
    }
    best[from as usize]
}

pub(super) fn dominators(snapshot: &HeapSnapshot) -> Vec<Option<usize>> {
    let order = Preorder::of(snapshot);
    let immediate = immediate(&order, &Predecessors::of(snapshot, &order));
    let mut dominators = vec![None; snapshot.nodes.len()];
    for number in 1..order.nodes.len() {
        let dominator = order.nodes[immediate[number] as usize] as usize;
        dominators[order.nodes[number] as usize] = Some(dominator);
    }
    dominators
}

pub(super) fn retained_sizes(snapshot: &HeapSnapshot) -> Vec<usize> {
    let order = Preorder::of(snapshot);
    let immediate = immediate(&order, &Predecessors::of(snapshot, &order));
    let mut sizes: Vec<usize> = snapshot.nodes.iter().map(|node| node.self_size).collect();
    // A dominator has a smaller number, so all that a node retains is in before it is passed on.
    for number in (1..order.nodes.len()).rev() {
        let retained = sizes[order.nodes[number] as usize];
        sizes[order.nodes[immediate[number] as usize] as usize] += retained;
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::super::{SnapshotEdge, SnapshotNode, SnapshotNodeKind};
    use super::*;
    use proptest::prelude::*;

    fn graph(sizes: &[usize], edges: &[Vec<(usize, bool)>]) -> HeapSnapshot {
        let mut snapshot = HeapSnapshot { nodes: Vec::new(), edges: Vec::new(), strings: vec!["".into()] };
        for (i, size) in sizes.iter().enumerate() {
            snapshot.nodes.push(SnapshotNode {
                kind: SnapshotNodeKind::Object,
                id: 2 * i as u64 + 1,
                self_size: *size,
                name: 0,
                first_edge: snapshot.edges.len(),
            });
            snapshot.edges.extend(edges[i].iter().map(|&(to, is_weak)| SnapshotEdge {
                kind: if is_weak { SnapshotEdgeKind::Weak } else { SnapshotEdgeKind::Property },
                to,
                name: 0,
            }));
        }
        snapshot
    }

    /// What strong references reach from the first node, `without` left out.
    fn reached(edges: &[Vec<(usize, bool)>], without: Option<usize>) -> Vec<bool> {
        let mut seen = vec![false; edges.len()];
        let mut found = if without == Some(0) { vec![] } else { vec![0] };
        while let Some(node) = found.pop() {
            if !core::mem::replace(&mut seen[node], true) {
                found.extend(edges[node].iter().filter(|(to, weak)| !weak && Some(*to) != without).map(|(to, _)| *to));
            }
        }
        seen
    }

    fn graphs() -> impl Strategy<Value = (Vec<usize>, Vec<Vec<(usize, bool)>>)> {
        (1..14_usize).prop_flat_map(|count| {
            let sizes = proptest::collection::vec(1..100_usize, count);
            let edges = proptest::collection::vec((0..count, proptest::bool::weighted(0.15)), 0..4);
            (sizes, proptest::collection::vec(edges, count))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]
        #[test]
        fn what_is_retained_is_what_goes_with_a_node((sizes, edges) in graphs()) {
            let all = reached(&edges, None);
            let retained = retained_sizes(&graph(&sizes, &edges));
            for node in 0..sizes.len() {
                let left = reached(&edges, Some(node));
                let gone = |other: usize| all[other] && !left[other];
                let expected: usize = if all[node] {
                    (0..sizes.len()).filter(|other| gone(*other)).map(|other| sizes[other]).sum()
                } else {
                    sizes[node]
                };
                prop_assert_eq!(retained[node], expected, "node {}", node);
            }
        }

        #[test]
        fn a_dominator_is_the_last_of_those_that_all_ways_lead_through((sizes, edges) in graphs()) {
            let all = reached(&edges, None);
            let found = dominators(&graph(&sizes, &edges));
            let dominates = |by: usize, node: usize| by == node || !reached(&edges, Some(by))[node];
            for node in 0..sizes.len() {
                let strict: Vec<usize> =
                    (0..sizes.len()).filter(|by| all[*by] && *by != node && dominates(*by, node)).collect();
                let last = strict.iter().copied().find(|by| strict.iter().all(|other| dominates(*other, *by)));
                prop_assert_eq!(found[node], if all[node] { last } else { None }, "node {}", node);
            }
        }
    }

    #[test]
    fn long_chains_and_wide_stars_take_no_stack_and_little_time() {
        const COUNT: usize = 300_000;
        let chain: Vec<_> =
            (0..COUNT).map(|i| if i + 1 < COUNT { vec![(i + 1, false), (0, false)] } else { vec![] }).collect();
        let retained = retained_sizes(&graph(&vec![1; COUNT], &chain));
        assert!((0..COUNT).all(|i| retained[i] == COUNT - i));
        let star: Vec<_> =
            (0..COUNT).map(|i| if i == 0 { (1..COUNT).map(|to| (to, false)).collect() } else { vec![] }).collect();
        assert_eq!(retained_sizes(&graph(&vec![1; COUNT], &star))[..3], [COUNT, 1, 1]);
    }
}
