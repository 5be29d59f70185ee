"""Work centres where they meet the work itself: what those who run one see of its members, and the public figures."""
