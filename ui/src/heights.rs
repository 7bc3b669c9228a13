//! Heights of a long list of which only a part is drawn: guessed first, measured once drawn. Sums are
//! kept in a Fenwick tree, so that a correction in a list of 10,000 costs a dozen additions.

/// The heights of all rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heights {
    rows: Vec<Row>,
    sums: Vec<f64>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    height: f64,
    measured: bool,
}

/// The part of the list that is drawn, and the room for what is not.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Slice {
    /// The first row that is drawn.
    pub first: usize,
    /// One after the last.
    pub end: usize,
    /// Room above.
    pub above: f64,
    /// Room below.
    pub below: f64,
}

impl Heights {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn push(&mut self, guess: f64) {
        self.rows.push(Row { height: guess, measured: false });
        // The new node holds the sum of the rows it covers, which are at the end of the list.
        let node = self.rows.len();
        let covered = node & node.wrapping_neg();
        let below = self.offset(node - 1) - self.offset(node - covered);
        self.sums.push(below + guess);
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.rows.truncate(len);
        self.sums.truncate(len);
    }

    pub(crate) fn is_measured(&self, index: usize) -> bool {
        self.rows.get(index).is_some_and(|row| row.measured)
    }

    /// The room above a row.
    pub(crate) fn offset(&self, index: usize) -> f64 {
        let mut node = index.min(self.sums.len());
        let mut sum = 0.0;
        while node > 0 {
            sum += self.sums[node - 1];
            node -= node & node.wrapping_neg();
        }
        sum
    }

    pub(crate) fn total(&self) -> f64 {
        self.offset(self.rows.len())
    }

    /// Notes the height a row was found to have. By how much it differs from what was thought.
    pub(crate) fn measure(&mut self, index: usize, height: f64) -> f64 {
        let Some(row) = self.rows.get_mut(index) else { return 0.0 };
        let change = height - row.height;
        *row = Row { height, measured: true };
        let mut node = index + 1;
        while node <= self.sums.len() {
            self.sums[node - 1] += change;
            node += node & node.wrapping_neg();
        }
        change
    }

    /// The row at a place; the last one for places beyond the end.
    pub(crate) fn row_at(&self, place: f64) -> usize {
        let mut node = 0;
        let mut rest = place;
        let mut step = self.sums.len().checked_ilog2().map_or(0, |bits| 1_usize << bits);
        while step > 0 {
            let next = node + step;
            if next <= self.sums.len() && self.sums[next - 1] <= rest {
                node = next;
                rest -= self.sums[next - 1];
            }
            step /= 2;
        }
        node.min(self.rows.len().saturating_sub(1))
    }

    /// The rows that lie between two places.
    pub(crate) fn slice(&self, from: f64, to: f64) -> Slice {
        if self.rows.is_empty() {
            return Slice::default();
        }
        let first = self.row_at(from.max(0.0));
        let end = self.row_at(to.max(0.0)) + 1;
        Slice { first, end, above: self.offset(first), below: self.total() - self.offset(end) }
    }

    /// By how much the view must scroll after [`Self::measure`] changed a row, so that what the reader
    /// looks at stays where it is. A row that grows while it is read grows downwards; one that was only
    /// guessed and begins above the view had its end in view, and that end stays.
    pub(crate) fn shift(&self, index: usize, change: f64, was_measured: bool, top: f64) -> f64 {
        let start = self.offset(index);
        let end_before = start + self.rows.get(index).map_or(0.0, |row| row.height) - change;
        let moves = if was_measured { end_before <= top } else { start < top };
        if moves { change } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(guesses: impl IntoIterator<Item = f64>) -> Heights {
        let mut heights = Heights::default();
        for guess in guesses {
            heights.push(guess);
        }
        heights
    }

    #[test]
    fn sums_follow_every_change() {
        let mut heights = guessed((0..1_000).map(|index| f64::from(index % 7 + 1)));
        let mut plain: Vec<f64> = (0..1_000).map(|index| f64::from(index % 7 + 1)).collect();
        for step in 0..2_000_usize {
            let index = step * 7_919 % plain.len();
            match step % 5 {
                0 => {
                    heights.push(5.0);
                    plain.push(5.0);
                }
                1 if plain.len() > 900 => {
                    heights.truncate(plain.len() - 1);
                    plain.pop();
                }
                _ => {
                    let height = (step % 90) as f64;
                    assert_eq!(heights.measure(index, height), height - plain[index], "the change is told");
                    plain[index] = height;
                }
            }
            assert_eq!(heights.offset(index), plain[..index].iter().sum::<f64>(), "room above row {index}");
            assert_eq!(heights.total(), plain.iter().sum::<f64>(), "room of all");
        }
    }

    #[test]
    fn the_row_at_a_place_is_the_one_that_covers_it() {
        let heights = guessed([10.0, 20.0, 30.0]);
        let found: Vec<usize> = [-5.0, 0.0, 9.9, 10.0, 29.0, 30.0, 59.0, 60.0, 900.0]
            .into_iter()
            .map(|place| heights.row_at(place))
            .collect();
        assert_eq!(found, [0, 0, 0, 1, 1, 2, 2, 2, 2], "places outside belong to the nearest row");
        assert_eq!(
            heights.slice(15.0, 20.0),
            Slice { first: 1, end: 2, above: 10.0, below: 30.0 },
            "one row, and room for the others"
        );
        assert_eq!(Heights::default().slice(0.0, 100.0), Slice::default(), "nothing of nothing");
    }

    #[test]
    fn what_is_read_stays_where_it_is() {
        let mut heights = guessed([100.0, 100.0, 100.0]);
        let change = heights.measure(0, 140.0);
        assert_eq!(heights.shift(0, change, false, 150.0), 40.0, "a guess above the view was wrong: scroll along");
        let change = heights.measure(1, 160.0);
        assert_eq!(heights.shift(1, change, false, 190.0), 60.0, "a guess whose end is in view: its end stays");
        let change = heights.measure(1, 200.0);
        assert_eq!(heights.shift(1, change, true, 190.0), 0.0, "a measured row in view grows downwards");
        let change = heights.measure(2, 90.0);
        assert_eq!(heights.shift(2, change, false, 190.0), 0.0, "below the view nothing matters");
    }
}
