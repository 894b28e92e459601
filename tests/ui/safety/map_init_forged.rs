//! Only a scope says what the map of a class holds: a wrong map would let safe code read anything as a pointer.

fn attack() -> heapwright::MapInit {
    heapwright::MapInit { class: heapwright::core_classes().classes()[0], instance_type: 1 }
}

fn main() {}
