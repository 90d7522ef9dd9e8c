import java.util.Objects;

/** One line an operation: `ok NAME`, or `FAILED NAME: why`. The others still run where one fails. */
final class Steps {
    static final String NOBODY = "6f8a3a52-0000-4000-8000-000000000000";
    static final int CROWD = 45;

    interface Step {
        void run() throws Exception;
    }

    static void step(String name, Step step) {
        try {
            step.run();
            System.out.println("ok " + name);
        } catch (Throwable why) {
            System.out.println("FAILED " + name + ": " + String.valueOf(why).replaceAll("\\s+", " "));
        }
    }

    static void equal(Object found, Object expected) {
        if (!Objects.equals(found, expected)) {
            throw new AssertionError(found + ", expected " + expected);
        }
    }

    static String address(String name) {
        return name + "@orchard.example";
    }
}
