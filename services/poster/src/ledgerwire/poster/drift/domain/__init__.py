"""What drift is: pure."""
