//! Nor can the cells that a class is made of be made.

fn attack() {
    let _ = heapwright::tagged::SmiField::default();
}

fn main() {}
