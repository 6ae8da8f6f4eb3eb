//! Stored screens of the facts where they have a tab of their own.

use crate::testing::TestCockpit;

#[test]
fn facts_have_a_tab_when_narrow() {
    for (width, height) in [(80, 24), (100, 30)] {
        let mut cockpit = TestCockpit::open();
        cockpit.screen(width, height);
        cockpit.press("⏎⇥⇥⇥");
        insta::assert_snapshot!(format!("facts-{width}x{height}"), cockpit.styled(width, height));
    }
}
