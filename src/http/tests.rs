//! The real router on a real socket.
