//! Placing a graph in columns, so that most edges lead from left to right and few cross.
//!
//! The steps of Sugiyama and others: parts that hang together are placed each for itself; edges that close cycles are
//! turned around; each box gets a column, long edges a way point in each column they pass; columns are ordered by
//! barycentres as long as crossings become fewer; then each column moves its boxes as close to their neighbours as
//! their order allows, which isotonic regression finds exactly. Nothing is random: one graph has one picture.

/// Width and height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A box in its place: its upper left corner and its size. Boxes of a column are equally wide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Where everything is.
#[derive(Debug)]
pub(super) struct Plan {
    /// For each box.
    pub(super) boxes: Vec<Rect>,
    /// For each edge: from the border of one box to that of the other, by turns across a gap between columns (a curve)
    /// and along a column (a line). Empty for edges from a box to itself.
    pub(super) routes: Vec<Vec<Point>>,
    pub(super) size: Size,
}

/// Between boxes of a column.
const SPACE: f64 = 14.0;
/// Between an edge and its neighbours in a column.
const LANE: f64 = 9.0;
/// Between ends of edges on the side of a box.
const PORT: f64 = 8.0;
/// Between parts that do not hang together.
const APART: f64 = 34.0;
/// Above so many places, the order gets fewer rounds.
const MANY: usize = 3000;

/// The height a box needs for edges on its sides.
pub(super) fn height_for(edges: usize) -> f64 {
    edges as f64 * PORT + 8.0
}

/// Places boxes of these sizes with these edges, given as pairs of box numbers. Parts that do not hang together stand side
/// by side up to the width of `page`.
pub(super) fn lay_out(sizes: &[Size], edges: &[(usize, usize)], page: f64) -> Plan {
    let mut plan = Plan {
        boxes: sizes.iter().map(|s| Rect { x: 0.0, y: 0.0, width: s.width, height: s.height }).collect(),
        routes: vec![Vec::new(); edges.len()],
        size: Size { width: 0.0, height: 0.0 },
    };
    let mut parts: Vec<(Part, Size)> = parts(sizes.len(), edges)
        .into_iter()
        .map(|nodes| {
            let mut part = Part::new(&nodes, sizes, edges);
            let size = part.place(&mut plan);
            (part, size)
        })
        .collect();
    // Larger parts first, boxes without edges last.
    parts.sort_by(|(a, left), (b, right)| {
        (b.nodes.len() > 1, right.height)
            .partial_cmp(&(a.nodes.len() > 1, left.height))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let page = parts.iter().map(|(_, size)| size.width).fold(page, f64::max);
    let (mut x, mut y, mut shelf) = (0.0, 0.0, 0.0);
    let mut in_singles = false;
    for (part, size) in &parts {
        let is_single = part.nodes.len() == 1;
        let apart = if is_single { SPACE } else { APART };
        if x > 0.0 && (x + size.width > page || is_single != in_singles) {
            y += shelf + if is_single && in_singles { SPACE } else { APART };
            (x, shelf) = (0.0, 0.0);
        }
        in_singles = is_single;
        part.shift(&mut plan, x, y);
        x += size.width + apart;
        shelf = f64::max(shelf, size.height);
        plan.size.width = plan.size.width.max(x - apart);
    }
    plan.size.height = y + shelf;
    plan
}

/// The boxes that hang together, each part and all parts in the order of the boxes.
fn parts(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut above: Vec<usize> = (0..count).collect();
    fn find(above: &mut [usize], mut node: usize) -> usize {
        while above[node] != node {
            above[node] = above[above[node]];
            node = above[node];
        }
        node
    }
    for &(from, to) in edges {
        let (a, b) = (find(&mut above, from), find(&mut above, to));
        above[a.max(b)] = a.min(b);
    }
    let mut parts: Vec<Vec<usize>> = vec![Vec::new(); count];
    for node in 0..count {
        let root = find(&mut above, node);
        parts[root].push(node);
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Something in a column: a box, or a way point of an edge.
#[derive(Clone, Debug)]
struct Place {
    /// The number of the box.
    node: Option<usize>,
    layer: usize,
    height: f64,
    /// The middle.
    y: f64,
    before: Vec<usize>,
    after: Vec<usize>,
}

/// An edge with its way points.
struct Way {
    edge: usize,
    /// Whether it leads from right to left.
    turned: bool,
    places: Vec<usize>,
}

/// Boxes that hang together.
struct Part {
    nodes: Vec<usize>,
    places: Vec<Place>,
    ways: Vec<Way>,
    /// The places of each column from above.
    layers: Vec<Vec<usize>>,
}

impl Part {
    fn new(nodes: &[usize], sizes: &[Size], edges: &[(usize, usize)]) -> Part {
        let local = |node: usize| nodes.binary_search(&node).ok();
        // Without edges from a box to itself.
        let inner: Vec<(usize, usize, usize)> = edges
            .iter()
            .enumerate()
            .filter(|(_, (from, to))| from != to)
            .filter_map(|(i, &(from, to))| Some((i, local(from)?, local(to)?)))
            .collect();
        let turned = turned(nodes.len(), &inner);
        let forward: Vec<(usize, usize)> =
            inner.iter().zip(&turned).map(|(&(_, a, b), &t)| if t { (b, a) } else { (a, b) }).collect();
        let layers = columns(nodes.len(), &forward);
        let place = |node: Option<usize>, layer, height| Place {
            node,
            layer,
            height,
            y: 0.0,
            before: Vec::new(),
            after: Vec::new(),
        };
        let mut places: Vec<Place> =
            nodes.iter().zip(&layers).map(|(&n, &layer)| place(Some(n), layer, sizes[n].height)).collect();
        let mut ways = Vec::new();
        for ((&(edge, ..), &turned), &(left, right)) in inner.iter().zip(&turned).zip(&forward) {
            let mut way = Way { edge, turned, places: vec![left] };
            for layer in layers[left] + 1..layers[right] {
                places.push(place(None, layer, 0.0));
                way.places.push(places.len() - 1);
            }
            way.places.push(right);
            for pair in way.places.windows(2) {
                places[pair[0]].after.push(pair[1]);
                places[pair[1]].before.push(pair[0]);
            }
            ways.push(way);
        }
        let mut columns = vec![Vec::new(); layers.iter().max().map_or(0, |last| last + 1)];
        for (i, place) in places.iter().enumerate() {
            columns[place.layer].push(i);
        }
        Part { nodes: nodes.to_vec(), places, ways, layers: columns }
    }

    /// Writes boxes and routes of this part, from (0, 0), and returns its size.
    fn place(&mut self, plan: &mut Plan) -> Size {
        self.order();
        self.align();
        self.write(plan)
    }

    fn shift(&self, plan: &mut Plan, x: f64, y: f64) {
        for &node in &self.nodes {
            plan.boxes[node].x += x;
            plan.boxes[node].y += y;
        }
        for way in &self.ways {
            for point in &mut plan.routes[way.edge] {
                point.x += x;
                point.y += y;
            }
        }
    }

    /// Orders each column so that few edges cross.
    fn order(&mut self) {
        let rounds = if self.places.len() > MANY { 4 } else { 24 };
        let (mut best, mut fewest) = (self.layers.clone(), self.crossings());
        for round in 0..rounds {
            if fewest == 0 {
                break;
            }
            let rightward = round % 2 == 0;
            let count = self.layers.len();
            for step in 1..count {
                let layer = if rightward { step } else { count - 1 - step };
                let fixed = if rightward { layer - 1 } else { layer + 1 };
                let mut at = vec![0.0; self.places.len()];
                for (i, &place) in self.layers[fixed].iter().enumerate() {
                    at[place] = i as f64;
                }
                let scale = self.layers[fixed].len() as f64 / self.layers[layer].len() as f64;
                let mut keyed: Vec<(f64, usize)> = self.layers[layer]
                    .iter()
                    .enumerate()
                    .map(|(i, &place)| {
                        let near = if rightward { &self.places[place].before } else { &self.places[place].after };
                        let sum: f64 = near.iter().map(|n| at[*n]).sum();
                        (if near.is_empty() { i as f64 * scale } else { sum / near.len() as f64 }, place)
                    })
                    .collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                self.layers[layer] = keyed.into_iter().map(|(_, place)| place).collect();
            }
            if self.places.len() <= MANY {
                self.swap_neighbours();
            }
            let crossings = self.crossings();
            if crossings < fewest {
                (best, fewest) = (self.layers.clone(), crossings);
            }
        }
        self.layers = best;
    }

    /// Swaps neighbours in a column where that takes crossings away.
    fn swap_neighbours(&mut self) {
        let mut at = vec![0; self.places.len()];
        for layer in &self.layers {
            layer.iter().enumerate().for_each(|(i, &place)| at[place] = i);
        }
        let crossed = |at: &[usize], upper: &[usize], lower: &[usize]| {
            upper.iter().map(|u| lower.iter().filter(|l| at[**l] < at[*u]).count()).sum::<usize>()
        };
        for layer in 0..self.layers.len() {
            for i in 1..self.layers[layer].len() {
                let (a, b) = (self.layers[layer][i - 1], self.layers[layer][i]);
                let (upper, lower) = (&self.places[a], &self.places[b]);
                let now = crossed(&at, &upper.before, &lower.before) + crossed(&at, &upper.after, &lower.after);
                let then = crossed(&at, &lower.before, &upper.before) + crossed(&at, &lower.after, &upper.after);
                if then < now {
                    self.layers[layer].swap(i - 1, i);
                    at.swap(a, b);
                }
            }
        }
    }

    fn crossings(&self) -> usize {
        let mut at = vec![0; self.places.len()];
        for layer in &self.layers {
            layer.iter().enumerate().for_each(|(i, &place)| at[place] = i);
        }
        let mut crossings = 0;
        for (layer, next) in self.layers.iter().zip(self.layers.iter().skip(1)) {
            // Ends of edges from above to below: how many that come before an edge end below it.
            let mut below = Sums(vec![0; next.len() + 1]);
            let mut total = 0;
            for &place in layer {
                let mut ends: Vec<usize> = self.places[place].after.iter().map(|n| at[*n]).collect();
                ends.sort_unstable();
                crossings += ends.iter().map(|end| total - below.up_to(*end)).sum::<usize>();
                total += ends.len();
                ends.iter().for_each(|end| below.add(*end));
            }
        }
        crossings
    }

    /// Moves places along their columns towards their neighbours.
    fn align(&mut self) {
        for layer in &self.layers {
            let mut y = 0.0;
            for (i, &place) in layer.iter().enumerate() {
                if i > 0 {
                    y += self.apart(layer[i - 1], place);
                }
                self.places[place].y = y;
            }
        }
        let rounds = if self.places.len() > MANY { 8 } else { 40 };
        for round in 0..rounds {
            let count = self.layers.len();
            for step in 0..count {
                let layer = if round % 2 == 0 { step } else { count - 1 - step };
                // First from side to side, in the end to both sides.
                let (before, after) = match round {
                    _ if round >= rounds / 2 => (true, true),
                    _ => (round % 2 == 0, round % 2 != 0),
                };
                self.align_layer(layer, before, after);
            }
        }
    }

    fn align_layer(&mut self, layer: usize, before: bool, after: bool) {
        let column = &self.layers[layer];
        let mut blocks: Vec<Block> = Vec::with_capacity(column.len());
        let mut offset = 0.0;
        let mut offsets = Vec::with_capacity(column.len());
        for (i, &place) in column.iter().enumerate() {
            if i > 0 {
                offset += self.apart(column[i - 1], place);
            }
            offsets.push(offset);
            let (wanted, weight) = self.wanted(place, before, after);
            blocks.push(Block { sum: (wanted - offset) * weight, weight, count: 1 });
            while let [.., upper, lower] = blocks.as_slice()
                && upper.mean() > lower.mean()
            {
                let merged = Block {
                    sum: upper.sum + lower.sum,
                    weight: upper.weight + lower.weight,
                    count: upper.count + lower.count,
                };
                blocks.truncate(blocks.len() - 2);
                blocks.push(merged);
            }
        }
        let means = blocks.iter().flat_map(|block| std::iter::repeat_n(block.mean(), block.count));
        let ys: Vec<f64> = means.zip(&offsets).map(|(mean, offset)| mean + offset).collect();
        for (i, y) in ys.into_iter().enumerate() {
            let place = self.layers[layer][i];
            self.places[place].y = y;
        }
    }

    /// Where a place would be best, and how much that matters: long edges are to be straight.
    fn wanted(&self, place: usize, before: bool, after: bool) -> (f64, f64) {
        let this = &self.places[place];
        let near = this.before.iter().filter(|_| before).chain(this.after.iter().filter(|_| after));
        let (mut sum, mut weight) = (0.0, 0.0);
        for other in near.map(|n| &self.places[*n]) {
            let w = match (this.node, other.node) {
                (None, None) => 8.0,
                (Some(_), Some(_)) => 1.0,
                _ => 2.0,
            };
            sum += w * other.y;
            weight += w;
        }
        if weight == 0.0 { (this.y, 0.01) } else { (sum / weight, weight) }
    }

    /// How far the middles of two neighbours in a column have to be apart.
    fn apart(&self, upper: usize, lower: usize) -> f64 {
        let (upper, lower) = (&self.places[upper], &self.places[lower]);
        let space = if upper.node.is_some() && lower.node.is_some() { SPACE } else { LANE };
        (upper.height + lower.height) / 2.0 + space
    }

    fn write(&self, plan: &mut Plan) -> Size {
        let top = |place: &Place| place.y - place.height / 2.0;
        let highest = self.places.iter().map(top).fold(f64::INFINITY, f64::min);
        let lowest = self.places.iter().map(|p| p.y + p.height / 2.0).fold(0.0, f64::max);
        let mut columns: Vec<(f64, f64)> = Vec::new();
        let mut x = 0.0;
        for (i, layer) in self.layers.iter().enumerate() {
            let width =
                layer.iter().filter_map(|p| self.places[*p].node).map(|n| plan.boxes[n].width).fold(0.0, f64::max);
            columns.push((x, x + width));
            let steep = layer.iter().flat_map(|p| {
                let from = self.places[*p].y;
                self.places[*p].after.iter().map(move |next| (self.places[*next].y - from).abs())
            });
            let steep = steep.fold(0.0, f64::max);
            x += width + if i + 1 < self.layers.len() { (40.0 + steep * 0.3).clamp(64.0, 150.0) } else { 0.0 };
        }
        for place in &self.places {
            if let Some(node) = place.node {
                let (left, right) = columns[place.layer];
                let rect = &mut plan.boxes[node];
                (rect.x, rect.y, rect.width) = (left, top(place) - highest, right - left);
            }
        }
        // The ends of edges on each side of each box, sorted by where the edges come from or lead to.
        let mut ends: Vec<(usize, bool, f64, usize)> = Vec::new();
        for (i, way) in self.ways.iter().enumerate() {
            let last = way.places.len() - 1;
            ends.push((way.places[0], false, self.places[way.places[1]].y, i));
            ends.push((way.places[last], true, self.places[way.places[last - 1]].y, i));
        }
        ends.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)).then(a.3.cmp(&b.3)));
        let mut ports = vec![(0.0, 0.0); self.ways.len()];
        for side in ends.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            for (i, &(place, is_left, _, way)) in side.iter().enumerate() {
                let y = self.places[place].y - highest + (i as f64 - (side.len() - 1) as f64 / 2.0) * PORT;
                if is_left { ports[way].1 = y } else { ports[way].0 = y }
            }
        }
        for (way, (first, last)) in self.ways.iter().zip(ports) {
            let mut route = vec![Point { x: columns[self.places[way.places[0]].layer].1, y: first }];
            for &place in &way.places[1..way.places.len() - 1] {
                let (left, right) = columns[self.places[place].layer];
                let y = self.places[place].y - highest;
                route.extend([Point { x: left, y }, Point { x: right, y }]);
            }
            route.push(Point { x: columns[self.places[way.places[way.places.len() - 1]].layer].0, y: last });
            if way.turned {
                route.reverse();
            }
            plan.routes[way.edge] = route;
        }
        Size { width: columns.last().map_or(0.0, |c| c.1), height: lowest - highest }
    }
}

/// Places that move together.
struct Block {
    sum: f64,
    weight: f64,
    count: usize,
}

impl Block {
    fn mean(&self) -> f64 {
        self.sum / self.weight
    }
}

/// Counts with sums of all up to one: a Fenwick tree.
struct Sums(Vec<usize>);

impl Sums {
    fn add(&mut self, at: usize) {
        let mut i = at + 1;
        while i < self.0.len() {
            self.0[i] += 1;
            i += i & i.wrapping_neg();
        }
    }

    /// How many were added at `at` or before.
    fn up_to(&self, at: usize) -> usize {
        let (mut i, mut sum) = (at + 1, 0);
        while i > 0 {
            sum += self.0[i];
            i -= i & i.wrapping_neg();
        }
        sum
    }
}

/// For each edge, whether it has to be turned around to break a cycle.
fn turned(count: usize, edges: &[(usize, usize, usize)]) -> Vec<bool> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut balance = vec![(false, 0_isize); count];
    for (i, &(_, from, to)) in edges.iter().enumerate() {
        out[from].push(i);
        balance[from].1 -= 1;
        balance[to].1 += 1;
        balance[to].0 = true;
    }
    // Boxes that nothing leads to are looked at first, then those that more leads away from.
    let mut roots: Vec<usize> = (0..count).collect();
    roots.sort_by_key(|node| (balance[*node], *node));
    let mut turned = vec![false; edges.len()];
    let mut state = vec![0_u8; count];
    for root in roots {
        let mut stack = vec![(root, 0)];
        if state[root] != 0 {
            continue;
        }
        state[root] = 1;
        while let Some((node, next)) = stack.pop() {
            let Some(&edge) = out[node].get(next) else {
                state[node] = 2;
                continue;
            };
            stack.push((node, next + 1));
            let to = edges[edge].2;
            match state[to] {
                0 => {
                    state[to] = 1;
                    stack.push((to, 0));
                }
                1 => turned[edge] = true,
                _ => {}
            }
        }
    }
    turned
}

/// The column of each box: behind all that lead to it, and near to what it leads to.
fn columns(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let (mut before, mut after) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for &(from, to) in edges {
        before[to].push(from);
        after[from].push(to);
    }
    let mut missing: Vec<usize> = before.iter().map(Vec::len).collect();
    let mut order: Vec<usize> = (0..count).filter(|n| missing[*n] == 0).collect();
    let mut layers = vec![0_usize; count];
    let mut at = 0;
    while at < order.len() {
        let node = order[at];
        at += 1;
        for &next in &after[node] {
            layers[next] = layers[next].max(layers[node] + 1);
            missing[next] -= 1;
            if missing[next] == 0 {
                order.push(next);
            }
        }
    }
    // Boxes with more edges to the right than to the left move right, as far as they can.
    for _ in 0..4 {
        for &node in order.iter().rev() {
            let nearest = after[node].iter().map(|n| layers[*n]).min();
            if let Some(nearest) = nearest
                && after[node].len() > before[node].len()
            {
                layers[node] = nearest - 1;
            }
        }
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(count: usize, edges: &[(usize, usize)]) -> Plan {
        let plan = lay_out(&vec![Size { width: 80.0, height: 30.0 }; count], edges, 1000.0);
        for (i, a) in plan.boxes.iter().enumerate() {
            assert!(a.x >= 0.0 && a.y >= -0.01, "{a:?}");
            assert!(a.x + a.width <= plan.size.width + 0.01 && a.y + a.height <= plan.size.height + 0.01, "{a:?}");
            for b in &plan.boxes[..i] {
                let apart = a.x + a.width <= b.x
                    || b.x + b.width <= a.x
                    || a.y + a.height <= b.y + 0.01
                    || b.y + b.height <= a.y + 0.01;
                assert!(apart, "{a:?} lies on {b:?}");
            }
        }
        for ((from, to), route) in edges.iter().zip(&plan.routes) {
            if from == to {
                assert!(route.is_empty());
                continue;
            }
            for (end, node) in [(route[0], *from), (route[route.len() - 1], *to)] {
                let rect = plan.boxes[node];
                assert!(end.x == rect.x || end.x == rect.x + rect.width, "{end:?} is not at a side of {rect:?}");
                assert!((rect.y - 0.01..=rect.y + rect.height + 0.01).contains(&end.y), "{end:?} {rect:?}");
            }
        }
        plan
    }

    #[test]
    fn nothing_and_one_box_and_boxes_without_edges() {
        assert_eq!(plan(0, &[]).size, Size { width: 0.0, height: 0.0 });
        assert_eq!(plan(1, &[]).size, Size { width: 80.0, height: 30.0 });
        assert_eq!(plan(1, &[(0, 0)]).size, Size { width: 80.0, height: 30.0 });
        let many = plan(50, &[]);
        assert!(many.size.width <= 1000.0 && many.size.height > 100.0);
    }

    #[test]
    fn edges_lead_to_the_right_unless_they_close_a_cycle() {
        let plan = plan(4, &[(0, 1), (1, 2), (2, 0), (3, 2)]);
        let leftward = plan.routes.iter().filter(|r| r[0].x > r[r.len() - 1].x).count();
        assert_eq!(leftward, 1, "{plan:?}");
        assert!(plan.boxes[3].x < plan.boxes[2].x, "what nothing leads to stands first");
        assert!(plan.routes.iter().any(|r| r.len() == 4), "the edge back passes a column: {plan:?}");
    }

    #[test]
    fn crossings_that_can_be_avoided_are() {
        let edges = [(0, 5), (1, 4), (2, 3), (0, 4), (1, 3)];
        let mut part = Part::new(&[0, 1, 2, 3, 4, 5], &[Size { width: 9.0, height: 9.0 }; 6], &edges);
        assert!(part.crossings() > 0);
        part.order();
        assert_eq!(part.crossings(), 0);
    }

    #[test]
    fn a_chain_is_straight() {
        let plan = plan(5, &[(0, 1), (1, 2), (2, 3), (3, 4)]);
        assert!(plan.boxes.iter().all(|b| (b.y - plan.boxes[0].y).abs() < 0.01), "{plan:?}");
    }

    #[test]
    fn hundreds_of_boxes_and_odd_graphs_are_placed() {
        let mut edges: Vec<(usize, usize)> = (0..100).map(|i| (i, i * 7 % 13)).collect();
        edges.extend((0..100).map(|i| (i, (i + 1) % 100)));
        edges.extend((0..30).flat_map(|i| (0..3).map(move |_| (i, 99 - i))));
        plan_tall(100, &edges);
        let all: Vec<(usize, usize)> = (0..12).flat_map(|a| (0..12).map(move |b| (a, b))).collect();
        plan_tall(12, &all);
    }

    /// With boxes as high as their edges need.
    fn plan_tall(count: usize, edges: &[(usize, usize)]) {
        let plan = lay_out(&vec![Size { width: 80.0, height: height_for(40) }; count], edges, 1000.0);
        assert!(plan.size.width.is_finite() && plan.size.height.is_finite());
        assert!(plan.routes.iter().zip(edges).all(|(route, (a, b))| a == b || route.len() >= 2));
    }
}
