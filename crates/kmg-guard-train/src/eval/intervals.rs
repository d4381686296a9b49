//! How sure a share is.

/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Wilson's score interval of `hits` in `trials` at 95 %, as shares. Without trials nothing is known: 0 to 1.
pub fn wilson(hits: u32, trials: u32) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let (hits, trials) = (f64::from(hits), f64::from(trials));
    let share = hits / trials;
    let square = Z * Z / trials;
    let middle = (share + square / 2.0) / (1.0 + square);
    let half = Z / (1.0 + square) * (share * (1.0 - share) / trials + square / (4.0 * trials)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}
