//! What a map says of its objects cannot be changed.

fn attack(map: &heapwright::Map) {
    map.set_class_entry(0);
}

fn main() {}
