//! A tagged word cannot be made from a number.

fn attack() -> heapwright::tagged::Word {
    heapwright::tagged::Word(0x1234_5679)
}

fn main() {}
